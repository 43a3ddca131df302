package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code scripts/run-batch} as cron runs it, with a command in the place of {@code scripts/lambda}
 * that says what it was called with and ends as the test says. The real steps are LambdaLoopIT's.
 */
class RunBatchTest {
  private static final Path SCRIPT =
      Path.of("..", "scripts", "run-batch").toAbsolutePath().normalize();
  private static final long LIMIT_SECONDS = 120;

  /**
   * Waits while a file {@code hold.<verb>.<topic>} is there; ends with the code in {@code
   * code.<verb>}, and says what {@code says.<verb>} says.
   */
  private static final String LAMBDA =
      """
      #!/usr/bin/env bash
      cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
      echo "$*" >>calls
      [[ ! -f says.$1 ]] || cat "says.$1"
      while [[ -f hold.$1.${*: -1} ]]; do sleep 0.02; done
      echo "$1 ended" >>calls
      [[ ! -f code.$1 ]] || exit "$(<"code.$1")"
      """;

  @TempDir Path folder;
  private final Map<String, String> environment = new LinkedHashMap<>();

  private record Ended(int code, String out, String err) {}

  @BeforeEach
  void prepare() throws IOException {
    Path lambda = write("lambda", LAMBDA);
    assertThat(lambda.toFile().setExecutable(true)).isTrue();
    write(
        "says.archive",
        "orders: archived epochs [1, 3) as run 2: 7 events; the horizon is 2026-01-31T23:50:00Z\n");
    write(
        "says.recompute",
        "daily_sales: version 4 complete: 1 row from 12,345 events up to 2026-01-31T23:50:00Z (run 2); 0.1 s\n");
    environment.put("RUN_BATCH_LAMBDA", lambda.toString());
    environment.put("RUN_BATCH_STATE", folder.resolve("state").toString());
    environment.put("RUN_BATCH_METRICS", folder.resolve("metrics").toString());
    environment.put("TZ", "America/New_York");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Process start(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(SCRIPT.toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .redirectError(folder.resolve(name + ".err").toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private Ended await(String name, Process process) throws Exception {
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as("%s ends", name).isTrue();
    return new Ended(
        process.exitValue(),
        Files.readString(folder.resolve(name + ".out")),
        Files.readString(folder.resolve(name + ".err")));
  }

  private Ended run(String... arguments) throws Exception {
    return await("run", start("run", arguments));
  }

  private List<String> calls() throws IOException {
    Path calls = folder.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  private void awaitCall(String call) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!calls().contains(call)) {
      assertThat(System.nanoTime()).as("%s in %s", call, calls()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  private List<String> logs() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("state").resolve("orders"))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> !f.startsWith("latest"))
          .sorted()
          .toList();
    }
  }

  /** The metrics by name, with labels where there are others than the topic. */
  private Map<String, String> metrics() throws IOException {
    Map<String, String> metrics = new LinkedHashMap<>();
    for (String line : Files.readAllLines(folder.resolve("metrics/lambda_batch_orders.prom"))) {
      if (!line.startsWith("#")) {
        assertThat(line)
            .matches("lambda_batch_[a-z_]+\\{topic=\"orders\"(,view=\"[a-z_]+\")?\\} [0-9]+");
        metrics.put(
            line.substring("lambda_batch_".length(), line.lastIndexOf(' '))
                .replace("{topic=\"orders\"}", ""),
            line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return metrics;
  }

  /** Last, so that a compaction that is overtaken (75) stops nothing. */
  @Test
  void filesAreCompactedWhereItIsAskedFor() throws Exception {
    write("code.compact", "75");
    Ended ended = run("--compact", "orders");
    assertThat(ended.code()).isEqualTo(75);
    assertThat(calls().stream().filter(c -> !c.endsWith("ended")))
        .hasSize(6)
        .startsWith("archive orders")
        .endsWith("cleanup --topic orders", "compact orders");
    assertThat(run("--compact", "--dry-run", "orders").out()).contains("lambda compact orders\n");
    assertThat(calls()).contains("compact orders --dry-run");
  }

  @Test
  void stepsComeInOrderAndLeaveALogAndMetrics() throws Exception {
    environment.put("RUN_BATCH_NOW", "2026-02-01T00:00:05Z");
    Ended ended = run("orders");
    assertThat(ended).isEqualTo(new Ended(0, "", ""));
    assertThat(calls().stream().filter(c -> !c.endsWith("ended")))
        .containsExactly(
            "archive orders",
            "audit orders",
            "recompute --topic orders",
            "publish --topic orders",
            "cleanup --topic orders");
    assertThat(metrics())
        .containsEntry("last_start_timestamp_seconds", "1769904005")
        .containsEntry("last_success_timestamp_seconds", "1769904005")
        .containsEntry("last_exit_code", "0")
        .containsEntry("horizon_timestamp_seconds", "1769903400")
        .containsEntry("view_rows{topic=\"orders\",view=\"daily_sales\"}", "1")
        .containsEntry("view_events{topic=\"orders\",view=\"daily_sales\"}", "12345")
        .containsKey("last_duration_seconds");
    try (Stream<Path> files = Files.list(folder.resolve("metrics"))) {
      assertThat(files).as("nothing half-written is left").hasSize(1);
    }
    assertThat(Files.readString(folder.resolve("state/orders/latest.log")))
        .contains("lambda archive orders", "1 row from", "exit code 0");
  }

  /** Names of logs and times are UTC: at midnight, at the end of a month and of a leap day. */
  @ParameterizedTest
  @CsvSource({
    "2026-01-31T23:59:59Z, 20260131T235959Z, 1769903999",
    "2026-02-01T00:00:00Z, 20260201T000000Z, 1769904000",
    "2024-02-29T23:59:59Z, 20240229T235959Z, 1709251199",
    "2026-11-01T05:30:00Z, 20261101T053000Z, 1793511000",
  })
  void timesAreUtc(String now, String name, String seconds) throws Exception {
    environment.put("RUN_BATCH_NOW", now);
    assertThat(run("orders").code()).isZero();
    assertThat(logs()).singleElement().asString().startsWith(name + "-").endsWith(".log");
    assertThat(metrics()).containsEntry("last_start_timestamp_seconds", seconds);
  }

  @Test
  void ofTwoRunsAtOnceOneIsBusy() throws Exception {
    write("hold.recompute.orders", "");
    Process first = start("first", "orders");
    awaitCall("recompute --topic orders");
    Map<String, String> before = metrics();
    Ended second = run("orders");
    assertThat(second.code()).isEqualTo(75);
    assertThat(second.err().lines())
        .singleElement()
        .asString()
        .startsWith("Busy: another run for topic orders");
    assertThat(metrics()).as("the busy one writes none").isEqualTo(before);
    assertThat(logs()).hasSize(1);
    assertThat(run("customers").code()).as("another topic is not locked").isZero();
    Files.delete(folder.resolve("hold.recompute.orders"));
    assertThat(await("first", first).code()).isZero();
    assertThat(run("orders").code()).isZero();
  }

  @Test
  void theTimeLimitEndsARun() throws Exception {
    environment.put("RUN_BATCH_NOW", "2026-01-31T12:00:00Z");
    assertThat(run("orders").code()).isZero();
    environment.put("RUN_BATCH_NOW", "2026-01-31T13:00:00Z");
    environment.put("RUN_BATCH_TIME_LIMIT", "1s");
    write("hold.recompute.orders", "");
    Ended ended = run("orders");
    assertThat(ended.code()).isEqualTo(124);
    assertThat(ended.err()).contains("the time limit of 1s has passed");
    assertThat(calls().stream().filter("recompute ended"::equals))
        .as("by the first run")
        .hasSize(1);
    assertThat(metrics())
        .containsEntry("last_exit_code", "124")
        .containsEntry("last_start_timestamp_seconds", "1769864400")
        .containsEntry("last_success_timestamp_seconds", "1769860800");
    assertThat(calls().stream().filter(c -> c.startsWith("publish --topic"))).hasSize(1);
  }

  @Test
  void aRunThatIsToldToEndEndsItsStep() throws Exception {
    write("hold.publish.orders", "");
    Process run = start("first", "orders");
    awaitCall("publish --topic orders");
    run.destroy();
    Ended ended = await("first", run);
    assertThat(ended.code()).isEqualTo(143);
    assertThat(ended.err()).contains("ended by SIGTERM");
    assertThat(metrics()).containsEntry("last_exit_code", "143");
    Files.delete(folder.resolve("hold.publish.orders"));
    assertThat(run("orders").code()).as("the lock is free").isZero();
  }

  /** Killed without a word: while its step goes on nobody else may, then the next run heals all. */
  @Test
  void afterAKillTheNextRunWaitsForTheStepAndGoesOn() throws Exception {
    environment.put("RUN_BATCH_NOW", "2026-01-31T12:00:00Z");
    write("hold.archive.orders", "");
    Process killed = start("first", "orders");
    awaitCall("archive orders");
    killed.destroyForcibly();
    await("first", killed);
    assertThat(metrics())
        .as("a start without an end")
        .containsEntry("last_start_timestamp_seconds", "1769860800")
        .doesNotContainKeys("last_exit_code", "last_success_timestamp_seconds");
    assertThat(run("orders").code()).isEqualTo(75);
    Files.delete(folder.resolve("hold.archive.orders"));
    awaitCall("archive ended");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    Ended next = run("orders");
    while (next.code() == 75 && System.nanoTime() < deadline) {
      next = run("orders");
    }
    assertThat(next.code()).isZero();
    assertThat(metrics()).containsEntry("last_exit_code", "0");
  }

  @ParameterizedTest
  @CsvSource({
    "archive, 2",
    "archive, 69",
    "archive, 75",
    "audit, 1",
    "recompute, 70",
    "recompute, 134",
    "recompute, 137",
    "publish, 2",
    "cleanup, 70"
  })
  void aStepThatFailsStopsTheRunWithItsCode(String verb, int code) throws Exception {
    write("code." + verb, "" + code);
    Ended ended = run("orders");
    assertThat(ended.code()).isEqualTo(code);
    assertThat(ended.err())
        .contains(String.format(Locale.ROOT, "exit code %d of: lambda %s", code, verb));
    assertThat(calls()).last().isEqualTo(verb + " ended");
    assertThat(metrics())
        .containsEntry("last_exit_code", "" + code)
        .doesNotContainKey("last_success_timestamp_seconds");
  }

  @Test
  void aHeldVersionDoesNotKeepOldOnes() throws Exception {
    write("code.publish", "3");
    Ended ended = run("orders");
    assertThat(ended.code()).isEqualTo(3);
    assertThat(calls()).last().isEqualTo("cleanup ended");
    assertThat(metrics()).containsEntry("last_exit_code", "3");
  }

  @Test
  void aDryRunChangesNothing() throws Exception {
    Ended ended = run("--dry-run", "orders");
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains("lambda archive orders", "  orders: archived", "lambda publish");
    assertThat(calls())
        .filteredOn(c -> !c.endsWith("ended"))
        .containsExactly(
            "archive orders --dry-run",
            "audit orders",
            "recompute --topic orders --dry-run",
            "publish --topic orders --dry-run",
            "cleanup --topic orders --dry-run");
    assertThat(folder.resolve("state")).doesNotExist();
    assertThat(folder.resolve("metrics")).doesNotExist();
    write("code.audit", "1");
    assertThat(run("--dry-run", "orders").code()).as("what it finds is shown").isZero();
    write("code.publish", "2");
    assertThat(run("--dry-run", "orders").code()).as("what cannot be told").isEqualTo(2);
  }

  @Test
  void badInputIsRefusedInALine() throws Exception {
    assertRefused("Expected a topic, found none.");
    assertRefused("Expected one topic, found a and b.", "a", "b");
    assertRefused("Unknown option --fast.", "--fast", "orders");
    assertRefused("Cannot run for topic '../orders'", "../orders");
    environment.put("RUN_BATCH_TIME_LIMIT", "soon");
    assertRefused("Cannot use RUN_BATCH_TIME_LIMIT=soon", "orders");
    environment.put("RUN_BATCH_TIME_LIMIT", "1h");
    environment.put("RUN_BATCH_NOW", "2026-02-30T00:00:00Z");
    assertRefused("Cannot use RUN_BATCH_NOW=2026-02-30", "orders");
    environment.put("RUN_BATCH_NOW", "");
    environment.put("RUN_BATCH_LAMBDA", "/nowhere");
    assertRefused("Cannot run /nowhere", "orders");
    assertThat(calls()).isEmpty();
    assertThat(run("--help").out()).contains("Exit codes:", "RUN_BATCH_METRICS");
  }

  private void assertRefused(String message, String... arguments) throws Exception {
    Ended ended = run(arguments);
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines()).singleElement().asString().startsWith(message);
  }
}
