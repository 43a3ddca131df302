package dev.lambdastack.sandbox.chaos;

import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Condition.isNot;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.sandbox.oracle.Difference;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.sandbox.produce.Shops;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The judge of drills on clusters, tried on servers in this JVM. */
final class ClusterDrillIT {
  private static final ClusterDrill.Load LOAD =
      new ClusterDrill.Load(
          7, 300, 20, Duration.ofSeconds(10), Duration.ofSeconds(2), Duration.ofMinutes(2));
  private static final Instant FIRST_DAY = Instant.parse("2001-01-01T00:00:00Z");

  private static Sandbox sandbox;

  @FunctionalInterface
  private interface Fault {
    void inject() throws Exception;
  }

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.start(Duration.ofSeconds(1));
  }

  @AfterAll
  static void stop() throws Exception {
    sandbox.close();
  }

  private static LambdaConfig config() {
    Configuration conf = sandbox.configuration();
    conf.set("lambda.speed.checkpoint-interval", "500ms");
    return LambdaConfig.of(conf);
  }

  private static RunningSpeedJob speed(String name, ViewsLoader views) throws Exception {
    sandbox.clusters().kafka().createTopic(ChaosViews.orders(name).topic(), 3);
    return new Layers(config(), ChaosViews.orders(name).topic(), views).startSpeed();
  }

  /** A drill with a fault in the middle of its load. */
  private static ClusterDrill.Outcome drill(String name, Fault fault) throws Exception {
    PipedWriter signals = new PipedWriter();
    BufferedReader reader = new BufferedReader(new PipedReader(signals));
    CountDownLatch underLoad = new CountDownLatch(1);
    ClusterDrill drill =
        new ClusterDrill(
            config(),
            name,
            LOAD,
            line -> {
              System.out.println("drill " + name + ": " + line);
              if (line.equals("under load")) {
                underLoad.countDown();
              }
            });

    CompletableFuture<ClusterDrill.Outcome> outcome = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                outcome.complete(drill.run(reader));
              } catch (Exception | Error e) {
                outcome.completeExceptionally(e);
                underLoad.countDown();
              }
            },
            "drill");
    thread.start();

    underLoad.await();
    try (signals) {
      signals.write(ClusterDrill.FAULT + "\n");
      signals.flush();
      fault.inject();
    }
    return outcome.get();
  }

  @Test
  void aClusterThatComesBackIsRightAndTheOutageIsTimed() throws Exception {
    try (RunningSpeedJob job = speed("drill_right", ChaosViews.of("drill_right"))) {
      EmbeddedKafka kafka = sandbox.clusters().kafka();
      ClusterDrill.Outcome outcome =
          drill(
              "drill_right",
              () -> {
                kafka.stop();
                // The outage is the load here: no condition ends it.
                Thread.sleep(4000);
                kafka.start();
              });

      System.out.println("drill: " + outcome);
      assertThat(outcome.claims().wrong()).isEmpty();
      assertThat(outcome.verdict().differences()).isEmpty();
      assertThat(outcome.isRight()).isTrue();
      assertThat(outcome.events()).isGreaterThan(1000);
      assertThat(outcome.polls()).isGreaterThan(50);
      assertThat(outcome.mostWaited()).isGreaterThan(600);
      assertThat(outcome.healthyAfter()).isGreaterThan(Duration.ofSeconds(3));

      // The next drill on the topic has a day of its own, and is right too.
      assertThat(drill("drill_right", () -> {}).isRight()).isTrue();
    }
  }

  @Test
  void anEventThatNobodyHasSentIsFoundOut() throws Exception {
    try (RunningSpeedJob job = speed("drill_more", ChaosViews.of("drill_more"))) {
      Ledger strays = new Ledger();
      ClusterDrill.Outcome outcome =
          drill(
              "drill_more",
              () -> {
                try (OrderProducer producer =
                    new OrderProducer(
                        sandbox.clusters().kafka().bootstrapServers(),
                        ChaosViews.orders("drill_more"),
                        strays)) {
                  producer.send(
                      new Shops(
                              1,
                              Duration.ofSeconds(1),
                              Duration.ofMinutes(1),
                              FIRST_DAY.plus(Duration.ofHours(3)))
                          .next());
                  producer.flush();
                }
              });

      assertThat(outcome.isRight()).isFalse();
      assertThat(outcome.claims().wrong())
          .isNotEmpty()
          .extracting(d -> d.expected().toString())
          .allMatch(bound -> bound.startsWith("at most"));
      assertThat(outcome.verdict().differences()).isNotEmpty();
    }
  }

  @Test
  void eventsThatAnswersLeaveOutAreFoundOut() throws Exception {
    ViewsLoader forgetful =
        loader ->
            Views.of(List.of(ChaosViews.actionMetrics("drill_less"), withoutWine("drill_less")));
    try (RunningSpeedJob job = speed("drill_less", forgetful)) {
      // Until answers claim to hold what was sent under load.
      ClusterDrill.Outcome outcome =
          drill("drill_less", () -> awaitFresh("drill_less", Instant.now()));

      assertThat(outcome.isRight()).isFalse();
      assertThat(outcome.claims().wrong())
          .extracting(Difference::key)
          .isNotEmpty()
          .allMatch("Wine"::equals);
      assertThat(outcome.verdict().differences())
          .extracting(d -> d.key())
          .isNotEmpty()
          .allMatch(List.of("Wine")::equals);
    }
  }

  private static void awaitFresh(String name, Instant time) throws Exception {
    String view = ChaosViews.dailySales(name).name();
    try (LambdaClient client = LambdaClient.open(config().hadoop())) {
      Await.until(
          "an answer that is fresh up to " + time,
          LOAD.patience(),
          () -> client.describe(view).provenance().freshness().isAfter(time));
    }
  }

  private static View withoutWine(String name) {
    return View.named(ChaosViews.prefix(name) + "daily_sales")
        .over(ChaosViews.orders(name))
        .where("product_category", isNot("Wine"))
        .where("action", is("purchase"))
        .keyedBy("product_category")
        .window(Duration.ofDays(1))
        .metric("order_count", count())
        .metric("total_revenue", sum("amount"))
        .metric("avg_order_value", avg("amount", 2, RoundingMode.HALF_UP))
        .metric("unique_customers", distinct("customer_id"))
        .build();
  }
}
