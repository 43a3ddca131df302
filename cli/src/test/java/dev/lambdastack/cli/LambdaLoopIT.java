package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.cli.LambdaProcess.Ended;
import dev.lambdastack.embedded.EmbeddedClusters;
import dev.lambdastack.serving.store.Failing;
import dev.lambdastack.serving.store.PublishedTable;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole loop by its commands alone, each a process: what a person does on the first day. */
class LambdaLoopIT {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final String[] QUESTION = {
    "query",
    "daily_sales",
    "--all",
    "--from",
    "2026-01-01",
    "--to",
    "2026-02-01",
    "--format",
    "json"
  };
  private static final Pattern ARCHIVED = Pattern.compile(": (\\d+) events");

  @TempDir Path folder;

  private static List<String> orders(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(
            i ->
                String.format(
                    Locale.ROOT,
                    """
                {"order_id": %d, "customer_id": %d, "product_id": 3, "product_category": "%s", "store_id": 4, \
                "action": "purchase", "quantity": 1, "amount": %s, "event_time": "%s"}""",
                    i,
                    i % 17,
                    i % 2 == 0 ? "Beverages" : "Łódź",
                    amount(i),
                    Instant.parse("2026-01-05T10:00:00Z").plusSeconds(7_000L * (i % 50))))
        .toList();
  }

  private static BigDecimal amount(int order) {
    return BigDecimal.valueOf(100 + order * 37L % 9_901, 2);
  }

  private static BigDecimal total(int orders) {
    return IntStream.range(0, orders)
        .mapToObj(LambdaLoopIT::amount)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private static String done(Ended ended) {
    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).as(ended.out()).isZero();
    return ended.out();
  }

  /**
   * Archives until so many events more are in the master dataset: their epoch may not be over yet.
   */
  private static void archive(LambdaProcess lambda, long events) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    long archived = 0;
    while (archived < events) {
      assertThat(System.nanoTime()).as("%d of %d archived", archived, events).isLessThan(deadline);
      Matcher matcher = ARCHIVED.matcher(done(lambda.run("archive", "orders")));
      archived += matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
    assertThat(archived).isEqualTo(events);
  }

  private record Asked(JsonNode json, long events, long speedEvents, BigDecimal total) {
    static Asked of(String out) throws IOException {
      JsonNode json =
          new ObjectMapper()
              .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
              .readTree(out);
      BigDecimal total = BigDecimal.ZERO;
      for (JsonNode row : json.get("rows")) {
        total = total.add(row.at("/values/total_revenue").decimalValue());
      }
      return new Asked(json, json.get("events").asLong(), json.get("speed_events").asLong(), total);
    }

    long version() {
      return json.at("/version/number").asLong();
    }
  }

  /** Asks until the answer has so many events, and never more. */
  private static Asked awaitEvents(LambdaProcess lambda, long events) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      Ended ended = lambda.run(QUESTION);
      if (ended.code() == 0) {
        Asked asked = Asked.of(ended.out());
        assertThat(asked.events()).isLessThanOrEqualTo(events);
        if (asked.events() == events) {
          return asked;
        }
      } else {
        assertThat(ended.code()).as(ended.err()).isEqualTo(2);
        assertThat(ended.err().lines()).hasSize(1);
      }
      assertThat(System.nanoTime()).as("%d events: %s", events, ended).isLessThan(deadline);
    }
  }

  /** All steps at once, from a view that was rolled back; then what became of its versions. */
  private void runAsCronDoes(LambdaProcess lambda) throws Exception {
    assertThat(done(lambda.runScript("run-batch", "orders"))).isEmpty();
    assertThat(done(lambda.run("versions", "daily_sales", "--format", "csv")).lines().skip(1))
        .extracting(line -> line.substring(0, line.indexOf(',', 2)))
        .containsExactly("1,kept", "2,kept", "3,published");
    assertThat(done(lambda.run("versions", "daily_sales")))
        .contains("version", "fingerprint", System.getProperty("user.name"));
    Asked asked = Asked.of(done(lambda.run(QUESTION)));
    assertThat(asked.version()).isEqualTo(3);
    assertThat(asked.total()).isEqualByComparingTo(total(350));
    String metrics =
        Files.readString(folder.resolve("run-batch").resolve("lambda_batch_orders.prom"));
    assertThat(metrics)
        .contains(
            "lambda_batch_last_exit_code{topic=\"orders\"} 0\n",
            "lambda_batch_view_events{topic=\"orders\",view=\"daily_sales\"} 350\n",
            "lambda_batch_view_events{topic=\"orders\",view=\"action_metrics\"} 350\n");
    assertThat(metrics).contains("lambda_batch_horizon_timestamp_seconds");
    assertThat(Files.readString(folder.resolve("run-batch/orders/latest.log")))
        .contains("daily_sales: rows read: 350 events were read", "daily_sales: nothing to drop");
  }

  /** A row of a dimension comes, and goes: the same events are under its brand, then unknown. */
  private static void lookUp(LambdaProcess lambda, long events) throws Exception {
    String product =
        """
        {"product_id": 3, "product_name": "Merlot", "brand_name": "Ebony", \
        "product_category": "Wine", "event_time": "2026-01-01T00:00:00Z"}""";
    assertThat(done(lambda.runReading(product, "produce", "products"))).contains("Sent 1 event ");
    done(lambda.run("dimension", "products", "--once"));
    assertThat(brands(lambda)).isEqualTo(Map.of("Ebony", events));
    assertThat(done(lambda.runReading("{\"product_id\": 3}", "produce", "products", "--delete")))
        .contains("Sent 1 deletion ");
    done(lambda.run("dimension", "products", "--once"));
    assertThat(brands(lambda)).isEqualTo(Map.of("unknown", events));
  }

  /** Orders by brand. */
  private static Map<String, Long> brands(LambdaProcess lambda) throws Exception {
    String[] question = QUESTION.clone();
    question[1] = "sales_by_brand";
    // Its window of four weeks begins in the year before.
    question[4] = "2025-12-01";
    JsonNode json = new ObjectMapper().readTree(done(lambda.run(question)));
    Map<String, Long> brands = new TreeMap<>();
    for (JsonNode row : json.get("rows")) {
      brands.merge(
          row.at("/key/brand_name").asText(), row.at("/values/order_count").asLong(), Long::sum);
    }
    return brands;
  }

  /** Whatever locale each of the commands believes in. */
  private static void askForAKeyThatIsNotAscii(LambdaProcess lambda) throws Exception {
    String[] question = QUESTION.clone();
    question[2] = "--key=Łódź";

    Asked asked = Asked.of(done(lambda.run(question)));

    assertThat(asked.events()).isEqualTo(175);
    assertThat(asked.json().get("rows"))
        .allMatch(row -> row.at("/key/product_category").asText().equals("Łódź"));
  }

  private static List<String> namesInTheMasterDataset(EmbeddedClusters clusters) throws Exception {
    List<String> names = new ArrayList<>();
    try (FileSystem files = clusters.hdfs().fileSystem()) {
      RemoteIterator<LocatedFileStatus> found =
          files.listFiles(new org.apache.hadoop.fs.Path("/master"), true);
      while (found.hasNext()) {
        names.add(found.next().getPath().toString());
      }
    }
    return names;
  }

  @Test
  void produceArchiveRecomputePublishSpeedQueryRollback() throws Exception {
    try (EmbeddedClusters clusters = EmbeddedClusters.start()) {
      clusters.kafka().createTopic("orders", 2);
      clusters.kafka().createTopic("products", 1, Map.of("cleanup.policy", "compact"));
      LambdaProcess lambda = new LambdaProcess(folder, LambdaProcess.conf(folder, clusters));

      Path history = Files.write(folder.resolve("history.jsonl"), orders(0, 300));
      assertThat(done(lambda.run("produce", "orders", "--file", history.toString())))
          .contains("Sent 300 events");
      archive(lambda, 300);
      assertThat(done(lambda.run("recompute", "daily_sales", "--publish")))
          .contains("version 1 complete", "300 events");

      Ended alone = lambda.run(QUESTION);
      assertThat(alone.code()).isEqualTo(2);
      assertThat(alone.err().lines()).singleElement().asString().contains("speed");
      String[] allowed = java.util.Arrays.copyOf(QUESTION, QUESTION.length + 1);
      allowed[QUESTION.length] = "--allow-incomplete";
      Asked batch = Asked.of(done(lambda.run(allowed)));
      assertThat(batch.events()).isEqualTo(300);
      assertThat(batch.total()).isEqualByComparingTo(total(300));
      assertThat(batch.json().get("complete").asBoolean()).isFalse();

      try (LambdaProcess.Running speed = lambda.start("", "speed", "orders")) {
        assertThat(
                done(lambda.runReading(String.join("\n", orders(300, 350)), "produce", "orders")))
            .contains("Sent 50 events");
        Asked merged = awaitEvents(lambda, 350);
        assertThat(merged.total()).isEqualByComparingTo(total(350));
        assertThat(merged.speedEvents()).isEqualTo(50);
        assertThat(merged.json().get("complete").asBoolean()).isTrue();

        lookUp(lambda, 350);

        archive(lambda, 50);
        assertThat(done(lambda.run("recompute", "daily_sales"))).contains("version 2 complete");
        done(lambda.run("publish", "daily_sales"));
        Asked moved = Asked.of(done(lambda.run(QUESTION)));
        assertThat(moved.version()).isEqualTo(2);
        assertThat(moved.events()).isEqualTo(350);
        assertThat(moved.speedEvents()).isZero();
        assertThat(moved.total()).isEqualByComparingTo(total(350));

        askForAKeyThatIsNotAscii(lambda);
        assertThat(done(lambda.run("audit", "orders"))).doesNotContain("DIFFERENCE", "WARNING");
        assertThat(namesInTheMasterDataset(clusters))
            .isNotEmpty()
            .allMatch(n -> n.matches("[!-~]+"));

        done(lambda.run("rollback", "daily_sales", "--to", "1"));
        Asked back = Asked.of(done(lambda.run(QUESTION)));
        assertThat(back.version()).isEqualTo(1);
        assertThat(back.speedEvents()).isEqualTo(50);
        assertThat(back.json().get("rows").size()).isEqualTo(moved.json().get("rows").size());
        assertThat(back.total()).isEqualByComparingTo(total(350));
        assertThat(done(lambda.run("views", "--published")))
            .contains("daily_sales")
            .doesNotContain("FAILING");
        try (Connection hbase =
            ConnectionFactory.createConnection(clusters.hbase().configuration())) {
          new PublishedTable(hbase)
              .progress()
              .putFailing("daily_sales", 1, new Failing(17, Instant.EPOCH, "No disk"));
        }
        assertThat(done(lambda.run("views", "--published")))
            .contains(
                "FAILING: the speed job of view daily_sales, generation 1, has failed 17 times")
            .contains("1970-01-01T00:00:00Z: No disk");
        assertThat(done(lambda.run("views", "--published", "daily_sales", "--format", "csv")))
            .startsWith("view,version,horizon,horizon_epoch,generation,whole_up_to,fingerprint,")
            .contains("daily_sales,1,", "has failed 17 times");
        runAsCronDoes(lambda);

        assertThat(speed.isAlive()).as(speed.err()).isTrue();
        Ended ended = speed.terminate();
        assertThat(ended.err()).doesNotContain("\tat ", "WARN", "Exception");
      }
      Ended nothing = lambda.run("archive", "customers");
      assertThat(nothing.code()).isEqualTo(2);
      assertThat(nothing.err().lines()).singleElement().asString().contains("customers");
      try (Admin admin = clusters.kafka().admin()) {
        assertThat(admin.listTopics().names().get())
            .as("nothing was made")
            .containsOnly("orders", "products");
      }
    }
  }
}
