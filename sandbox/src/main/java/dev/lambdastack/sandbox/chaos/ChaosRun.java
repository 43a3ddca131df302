package dev.lambdastack.sandbox.chaos;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.chaos.Schedule.Strike;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.oracle.Claims;
import dev.lambdastack.sandbox.oracle.Oracle;
import dev.lambdastack.sandbox.oracle.Verdict;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.sandbox.produce.Pace;
import dev.lambdastack.sandbox.produce.Shops;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;

/**
 * One seed: on a topic and views of its own, events flow, a reader asks, the batch layer publishes,
 * and faults come as the schedule says. Afterwards every window is compared with plain Java over
 * all events, and every answer that was given meanwhile with what had been sent and what it
 * claimed.
 */
public final class ChaosRun {
  private static final int PARTITIONS = 3;
  private static final int HISTORY = 300;
  private static final int MOST_EVENTS = 200_000;
  private static final double PER_SECOND = 150;
  private static final double READS_PER_SECOND = 12;
  private static final Duration STEP = Duration.ofSeconds(3);
  private static final Duration LATEST = Duration.ofHours(2);
  private static final Duration CALM = Duration.ofSeconds(2);
  private static final Duration LIMIT = Duration.ofMinutes(4);

  /**
   * A fault, and what came of it.
   *
   * @param proof that it bit
   * @param bit whether it did; else {@code proof} says what was waited for
   */
  public record Struck(Strike strike, String proof, boolean bit) {}

  /**
   * How it went.
   *
   * @param events how many were sent
   * @param batchRuns attempts of the batch run that came among the faults, the last one succeeded
   * @param polls answers that were given while events flowed
   * @param failedReads reads that failed meanwhile
   * @param oldest the greatest age that an answer gave itself
   */
  public record Outcome(
      List<Struck> faults,
      long events,
      int batchRuns,
      int polls,
      long failedReads,
      Duration oldest,
      Claims.Judgement claims,
      Verdict verdict) {
    /** Whether every fault bit, and nothing was wrong at any time. */
    public boolean isRight() {
      return faults.stream().allMatch(Struck::bit)
          && polls > 0
          && claims.wrong().isEmpty()
          && verdict.windows() > 0
          && verdict.allEqual();
    }
  }

  private final ChaosClusters clusters;
  private final String name;
  private final long seed;
  private final Schedule schedule;
  private final Consumer<String> narrator;
  private final LambdaConfig config;
  private final Layers layers;
  private final Ledger ledger = new Ledger();
  private final Shops shops;

  /**
   * @param name of the topic and the views; not used before on these clusters
   * @param narrator is told what happens
   */
  public ChaosRun(
      ChaosClusters clusters,
      String name,
      long seed,
      Schedule schedule,
      Consumer<String> narrator) {
    this.clusters = clusters;
    this.name = name;
    this.seed = seed;
    this.schedule = schedule;
    this.narrator = narrator;

    Configuration conf = clusters.sandbox().configuration();
    conf.set("lambda.speed.checkpoint-interval", "500ms");
    conf.set("lambda.speed.emit-interval", "100ms");
    conf.set("lambda.read.cache", "0ms");
    conf.set("lambda.read.timeout", "5s");

    this.config = LambdaConfig.of(conf);
    this.layers = new Layers(config, ChaosViews.orders(name).topic(), ChaosViews.of(name));
    this.shops = new Shops(seed, STEP, LATEST);
  }

  /** Runs it, and drops what it made on the clusters. */
  public Outcome run() throws Exception {
    String topic = ChaosViews.orders(name).topic();
    clusters.sandbox().clusters().kafka().createTopic(topic, PARTITIONS);

    try (Connection connection = HBaseConnector.connect(config);
        LambdaClient client = layers.client();
        OrderProducer producer =
            new OrderProducer(config.kafka().bootstrapServers(), ChaosViews.orders(name), ledger)) {
      try {
        return run(connection, client, producer);
      } finally {
        dropTables(connection);
      }
    }
  }

  private Outcome run(Connection connection, LambdaClient client, OrderProducer producer)
      throws Exception {
    List<ShopEvent> history = shops.events(HISTORY);
    for (ShopEvent event : history) {
      producer.send(event);
    }
    producer.flush();

    layers.awaitEpochAfter(ledger.lastAppended());
    layers.batch();

    List<ShopEvent> live = shops.events(MOST_EVENTS);
    try (RunningSpeedJob job = layers.startSpeed(options())) {
      layers.awaitComplete(client);
      Pace pace = Pace.start(producer, live, PER_SECOND);
      Reader.Questions questions =
          new Reader.Questions(viewNames(), Instant.MIN, Instant.MAX, READS_PER_SECOND);
      try (Reader reader =
          Reader.start(client, questions, () -> HISTORY + pace.sent(), answer -> {})) {
        Faults faults =
            new Faults(
                clusters,
                connection,
                job.client().getJobID(),
                new Path(config.speed().checkpoints(), layers.topic()),
                ledger,
                () -> HISTORY + pace.sent());

        CompletableFuture<Integer> batch = later(schedule.batchAt(), this::batchUntilItSucceeds);
        List<Struck> struck = strikeAll(faults);
        int batchRuns = batch.join();

        // Events and reads go on for a while after the last fault: no condition, but the load.
        Thread.sleep(CALM.toMillis());
        pace.stop();
        pace.await();

        List<Claims.Poll> polls = reader.stop();
        awaitFresh(client, job);

        Oracle oracle = new Oracle(ChaosViews.prefix(name));
        oracle.countAll(history);
        oracle.countAll(live.subList(0, (int) pace.sent()));

        return new Outcome(
            struck,
            HISTORY + pace.sent(),
            batchRuns,
            polls.size(),
            reader.failed(),
            polls.stream()
                .map(p -> p.answer().provenance().age())
                .max(Duration::compareTo)
                .orElse(Duration.ZERO),
            new Claims(ChaosViews.prefix(name), ledger.claims()).judge(polls),
            oracle.compare(client));
      } finally {
        pace.stop();
      }
    }
  }

  private SpeedOptions options() {
    return SpeedOptions.defaults()
        .withEnvironment(
            () ->
                StreamExecutionEnvironment.createRemoteEnvironment(
                    clusters.flink().host(), clusters.flink().port()));
  }

  private List<String> viewNames() {
    return layers.views().ofTopic(layers.topic()).stream().map(View::name).toList();
  }

  private List<Struck> strikeAll(Faults faults) {
    List<CompletableFuture<Struck>> coming = new ArrayList<>();
    long started = System.nanoTime();
    for (Strike strike : schedule.strikes()) {
      coming.add(later(strike.at(), () -> strike(faults, strike, started)));
    }
    return coming.stream().map(CompletableFuture::join).toList();
  }

  private Struck strike(Faults faults, Strike strike, long started) {
    Struck struck;
    long began = System.nanoTime();
    try {
      struck = new Struck(strike, faults.strike(strike), true);
    } catch (Exception e) {
      struck = new Struck(strike, "it hit nothing: " + e, false);
    }

    narrator.accept(
        String.format(
            Locale.ROOT,
            "%5.1f s to %5.1f s  %-46s %s",
            (began - started) / 1e9,
            (System.nanoTime() - started) / 1e9,
            strike.kind().words(),
            struck.proof()));

    return struck;
  }

  private static <T> CompletableFuture<T> later(Duration delay, Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                // The schedule: this strike's time.
                Thread.sleep(delay.toMillis());
                result.complete(task.call());
              } catch (Exception | Error e) {
                result.completeExceptionally(new CompletionException(e));
              }
            },
            "chaos");

    thread.setDaemon(true);
    thread.start();
    return result;
  }

  /** As cron does: what failed is tried again. How often it was tried. */
  private int batchUntilItSucceeds() throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    for (int attempt = 1; ; attempt++) {
      try {
        layers.batch();
        return attempt;
      } catch (IOException | RuntimeException e) {
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("The batch run did not succeed within " + LIMIT, e);
        }
        // As cron waits for its next time.
        Thread.sleep(CALM.toMillis());
      }
    }
  }

  /** Until answers claim to hold all. A read may still meet a server that has just come back. */
  private void awaitFresh(LambdaClient client, RunningSpeedJob job) throws Exception {
    Instant end = ledger.lastAppended();
    for (String view : viewNames()) {
      Await.until(
          "an answer for view %s that is fresh up to %s".formatted(view, end),
          LIMIT,
          () -> client.describe(view).provenance().freshness().isAfter(end));
    }
    job.checkAlive();
  }

  private void dropTables(Connection connection) throws IOException {
    try (Admin admin = connection.getAdmin()) {
      for (TableName table : admin.listTableNamesByNamespace(ViewTables.NAMESPACE)) {
        if (table.getQualifierAsString().startsWith(ChaosViews.prefix(name))) {
          admin.disableTable(table);
          admin.deleteTable(table);
        }
      }
    }
    try (FileSystem files = clusters.sandbox().clusters().hdfs().fileSystem()) {
      files.delete(new Path(config.speed().checkpoints(), layers.topic()), true);
    }
  }
}
