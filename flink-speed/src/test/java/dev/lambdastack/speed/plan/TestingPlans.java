package dev.lambdastack.speed.plan;

import dev.lambdastack.reference.ReferenceViews;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Generation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/** Plans over the reference views of topic {@code orders}, with epochs of 100 ms. */
public final class TestingPlans {
  public static final Duration EPOCH = Duration.ofMillis(100);

  private TestingPlans() {}

  /** Views in the order of slots: 0 is {@code action_metrics}, 1 is {@code daily_sales}. */
  public static List<View> views() {
    return new ReferenceViews()
        .views().stream().filter(v -> v.eventType().topic().equals("orders")).toList();
  }

  /** From these offsets on, both views whole from the epoch on. */
  public static SpeedPlan from(Map<Integer, Long> offsets, long coverage) {
    return from("life-1", offsets, coverage);
  }

  public static SpeedPlan from(String life, Map<Integer, Long> offsets, long coverage) {
    List<Slot> slots = new ArrayList<>();
    for (View v : views()) {
      slots.add(
          new Slot(
              slots.size(),
              new Generation(
                  1,
                  "lambda:" + v.name() + ".speed.g1",
                  v.fingerprint(),
                  v.shape(),
                  life,
                  coverage,
                  coverage,
                  offsets,
                  EPOCH,
                  Duration.ofDays(7),
                  Instant.EPOCH)));
    }
    return of(life, slots, offsets, coverage);
  }

  /** The plan, with only the slots of these numbers. */
  public static SpeedPlan only(SpeedPlan plan, Integer... numbers) {
    return of(
        plan.life(),
        plan.slots().stream().filter(s -> List.of(numbers).contains(s.number())).toList(),
        plan.starts(),
        plan.startLogTimes().firstEntry().getValue() / EPOCH.toMillis());
  }

  /** The plan, whose partitions have these log times at their starts. */
  public static SpeedPlan with(SpeedPlan plan, Map<Integer, Long> logTimes) {
    return new SpeedPlan(
        plan.topic(),
        plan.topicId(),
        plan.life(),
        plan.run(),
        plan.folder(),
        plan.slots(),
        plan.startOffsets(),
        new TreeMap<>(logTimes),
        plan.epochLength(),
        plan.eventTimeMin(),
        plan.kafka(),
        plan.clockSkew(),
        plan.ticks(),
        plan.emitInterval(),
        plan.settings());
  }

  private static Configuration alone() {
    Configuration conf = new Configuration(false);
    conf.set("lambda.speed.dead-letters-topic", "off");
    return conf;
  }

  private static SpeedPlan of(
      String life, List<Slot> slots, Map<Integer, Long> offsets, long coverage) {
    return of("localhost:1", life, slots, offsets, coverage);
  }

  /** Of no view, with a Kafka at this address. */
  public static SpeedPlan at(String bootstrapServers) {
    return of(bootstrapServers, "life-1", List.of(), Map.of(0, 0L), 0);
  }

  private static SpeedPlan of(
      String bootstrapServers,
      String life,
      List<Slot> slots,
      Map<Integer, Long> offsets,
      long coverage) {
    return new SpeedPlan(
        "orders",
        "topic-id",
        life,
        "run-1",
        "file:/nowhere",
        slots,
        new TreeMap<>(offsets),
        logTimes(offsets, coverage * EPOCH.toMillis()),
        EPOCH,
        Instant.parse("1990-01-01T00:00:00Z"),
        new KafkaSettings(bootstrapServers, Duration.ofSeconds(1)),
        Duration.ofSeconds(10),
        true,
        Duration.ofMillis(500),
        new Settings(alone()));
  }

  /** The same for each partition. */
  private static TreeMap<Integer, Long> logTimes(Map<Integer, Long> offsets, long millis) {
    TreeMap<Integer, Long> logTimes = new TreeMap<>(offsets);
    logTimes.replaceAll((p, offset) -> millis);
    return logTimes;
  }
}
