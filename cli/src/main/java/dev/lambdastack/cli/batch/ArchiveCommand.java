package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Epoch;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda archive}: Kafka to master dataset. */
@Command(
    name = "archive",
    sortOptions = false,
    header = "Archives the finished epochs of a topic from Kafka to the master dataset.",
    description =
        "%nArchives every committed record before the new horizon exactly once, also after failures. Does nothing when no epoch has finished.%n",
    footer = {
      "",
      "Exit codes: 0 archived or nothing to do, 2 bad input or refused, 69 Kafka or HDFS does not",
      "answer, 70 unexpected fault, 75 another run won the race for the same epochs."
    })
public final class ArchiveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<topic>", description = "A topic that a view reads.")
  private String topic;

  @Option(names = "--dry-run", description = "Says what would be archived now, and writes nothing.")
  private boolean dryRun;

  @Option(
      names = "--accept-gap",
      description =
          "Continues after a gap: accepts that retention removed records before they were archived. The run notes the lost offsets.")
  private boolean acceptGap;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LambdaConfig settings = config.load(new Configuration());
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Archive archive =
        new Archive(settings, Views.load(loader), SchemaStore.load(loader), Clock.systemUTC());
    PrintWriter out = spec.commandLine().getOut();

    print(out, run(archive));
    return 0;
  }

  private ArchiveResult run(Archive archive) throws IOException, InterruptedException {
    if (acceptGap) {
      return dryRun ? archive.planAcceptingGaps(topic) : archive.runAcceptingGaps(topic);
    }
    return dryRun ? archive.plan(topic) : archive.run(topic);
  }

  private void print(PrintWriter out, ArchiveResult result) {
    if (result.isEmpty()) {
      out.println(nothing(result));
    } else {
      out.println(dryRun ? plan(result) : archived(result));
    }

    printLost(out, result);
    printPartitions(out, result);
    out.flush();
  }

  private static String plan(ArchiveResult result) {
    return String.format(
        Locale.ROOT,
        "%s: would archive epochs [%d, %d), %s, up to %s; nothing was written",
        result.topic(),
        result.fromEpoch(),
        result.toEpoch(),
        Texts.count(result.read(), "offset"),
        horizon(result));
  }

  private static String archived(ArchiveResult result) {
    return String.format(
        Locale.ROOT,
        "%s: archived epochs [%d, %d) as run %d: %s, %s, %s; %s, %s; %s; the horizon is %s",
        result.topic(),
        result.fromEpoch(),
        result.toEpoch(),
        result.run().orElseThrow(),
        Texts.count(result.events(), "event"),
        Texts.count(result.ticks(), "tick"),
        Texts.count(result.deadLetters(), "dead letter"),
        Texts.count(result.files(), "file"),
        Texts.count(result.bytes(), "byte"),
        Texts.duration(result.duration()),
        horizon(result));
  }

  private void printLost(PrintWriter out, ArchiveResult result) {
    result
        .lost()
        .forEach(
            (partition, span) ->
                out.printf(
                    Locale.ROOT,
                    "%s: offsets [%d, %d) of partition %d %s lost: retention removed them before they were archived%n",
                    result.topic(),
                    span.start(),
                    span.end(),
                    partition,
                    dryRun ? "would be recorded as" : "are"));
  }

  private void printPartitions(PrintWriter out, ArchiveResult result) {
    if (!result.added().isEmpty()) {
      out.printf(
          "%s: partitions %s are new and are archived from their first record on%n",
          result.topic(), new TreeSet<>(result.added()));
    }

    if (!result.byClock().isEmpty()) {
      out.printf(
          "%s: the clock closed the epochs of partitions %s (lambda.tick=false): there the hand-off is only as exact as the clocks%n",
          result.topic(), result.byClock());
    }

    if (!result.isEmpty() && !dryRun && !result.holding().isEmpty() && result.byClock().isEmpty()) {
      out.printf(
          "%s: partitions %s have no committed record past the newest boundary: later epochs wait (the cause is an open transaction, or a broker's clock that is behind)%n",
          result.topic(), result.holding());
    }
  }

  private static String nothing(ArchiveResult result) {
    Instant next = new Epoch(result.toEpoch() + 1, result.epochLength()).start();

    return result.holding().isEmpty()
        ? "%s: nothing to archive; the horizon is %s, the next boundary is due at %s"
            .formatted(result.topic(), horizon(result), next)
        : "%s: nothing to archive yet; the horizon is %s, partitions %s have no committed record past the next boundary %s"
            .formatted(result.topic(), horizon(result), result.holding(), next);
  }

  private static Instant horizon(ArchiveResult result) {
    return new Epoch(result.toEpoch(), result.epochLength()).start();
  }
}
