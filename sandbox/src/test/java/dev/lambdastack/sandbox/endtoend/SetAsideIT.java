package dev.lambdastack.sandbox.endtoend;

import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.launch.SpeedOptions;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.speed.source.SetAsideCount;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Derivation;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Events that one view cannot take are missing from that view, in both layers, and no other. */
@ExtendWith(SharedSandbox.class)
final class SetAsideIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Instant NOON = Instant.parse("2026-01-10T12:00:00Z");
  private static final String LARGE = Integer.toString(32 << 20);
  private static final Column LABEL = new Column("label", ColumnType.STRING, 0, false);
  private static final Column SHARE = new Column("share", ColumnType.LONG, 0, false);

  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "Named", "namespace": "test.setaside", "fields": [
                {"name": "id", "type": "long"},
                {"name": "name", "type": ["null", "string"]},
                {"name": "note", "type": ["null", "string"]},
                {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}}
              ]}
              """);

  /** An event, as plain Java sees it. */
  private record Named(String name, String note, Instant time) {
    Instant day() {
      return time.truncatedTo(ChronoUnit.DAYS);
    }

    boolean isOfLabels() {
      return name == null || name.length() < 32_000;
    }

    boolean isOfShares() {
      return name == null || !name.isEmpty();
    }

    boolean isOfNotes() {
      return note == null || note.length() <= 1 << 20;
    }

    long share() {
      return name == null ? 1 : 100 / name.length();
    }
  }

  private static EventType type(String topic) {
    return EventType.of(topic, SCHEMA, "event_time", "id");
  }

  private static View view(EventType type, String name, Column column, Derivation formula) {
    View.Builder view =
        View.named(name)
            .over(type)
            .window(Duration.ofDays(1))
            .derived(column, 1, List.of("name"), formula)
            .metric("n", count());
    return column.type() == ColumnType.STRING
        ? view.keyedBy(column.name()).build()
        : view.metric("sum", sum(column.name())).build();
  }

  private static Views views(String topic) {
    EventType type = type(topic);
    return Views.of(
        List.of(
            view(type, "labels", LABEL, row -> row.isNull(0) ? "(none)" : row.stringAt(0)),
            view(type, "shares", SHARE, row -> row.isNull(0) ? 1L : 100 / row.utf8At(0).length),
            View.named("notes")
                .over(type)
                .window(Duration.ofDays(1))
                .metric("n", count())
                .metric("note", latest("note"))
                .build(),
            View.named("all_named")
                .over(type)
                .window(Duration.ofDays(1))
                .metric("n", count())
                .build()));
  }

  private static long endless(long n) {
    return n < 0 ? n : 1 + endless(n + 1);
  }

  private static LambdaConfig config(String topic) throws Exception {
    SharedSandbox.sandbox()
        .clusters()
        .kafka()
        .createTopic(topic, 2, Map.of("max.message.bytes", LARGE));
    var conf = SharedSandbox.sandbox().configuration();
    conf.set("lambda.speed.checkpoint-interval", "200ms");
    conf.set("lambda.speed.emit-interval", "100ms");
    conf.set("lambda.read.cache", "0ms");
    return LambdaConfig.of(conf);
  }

  private static KafkaProducer<byte[], byte[]> producer(LambdaConfig config) {
    Map<String, Object> settings = LogClients.producer(config.kafka().within(LIMIT));
    settings.put("max.request.size", LARGE);
    settings.put("buffer.memory", 2L * Integer.parseInt(LARGE));
    return new KafkaProducer<>(settings);
  }

  private static Instant send(
      KafkaProducer<byte[], byte[]> producer, EventType type, List<Named> events) throws Exception {
    EventEncoder encoder = new EventEncoder(type);
    long last = 0;
    for (int i = 0; i < events.size(); i++) {
      GenericRecord event = new GenericData.Record(SCHEMA);
      event.put("id", (long) i);
      event.put("name", events.get(i).name());
      event.put("note", events.get(i).note());
      event.put("event_time", events.get(i).time().toEpochMilli());
      last =
          producer
              .send(new ProducerRecord<>(type.topic(), i % 2, new byte[] {1}, encoder.value(event)))
              .get()
              .timestamp();
    }
    return Instant.ofEpochMilli(last);
  }

  private static List<Named> events(Random random, int count) {
    List<Named> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Instant time = NOON.plus(random.nextInt(5), ChronoUnit.DAYS).plusMillis(random.nextInt());
      String name =
          switch (random.nextInt(20)) {
            case 0 -> null;
            case 1 -> "";
            case 2 -> "x".repeat(40_000);
            default -> "n" + "o".repeat(random.nextInt(4));
          };
      events.add(new Named(name, "note " + i, time));
    }
    return events;
  }

  private static Map<String, List<Object>> plain(
      List<Named> events,
      Predicate<Named> of,
      Function<Named, Object> key,
      BiFunction<List<Object>, Named, List<Object>> add) {
    Map<String, List<Object>> rows = new TreeMap<>();
    for (Named event : events) {
      if (of.test(event)) {
        String row = event.day() + " " + key.apply(event);
        rows.put(row, add.apply(rows.getOrDefault(row, List.of(0L)), event));
      }
    }
    return rows;
  }

  private static List<Object> counted(List<Object> before, Object... more) {
    List<Object> row = new ArrayList<>(List.of((Long) before.get(0) + 1));
    row.addAll(List.of(more));
    return row;
  }

  private static Map<String, List<Object>> answer(LambdaClient client, String view)
      throws Exception {
    Map<String, List<Object>> rows = new TreeMap<>();
    for (MergedRow row : client.queryAll(view, Instant.MIN, Instant.MAX).rows()) {
      String key = row.key().isEmpty() ? "" : row.key().get(0).toString();
      rows.put(row.start() + " " + key, new ArrayList<>(row.values().values()));
    }
    return rows;
  }

  private static void check(LambdaClient client, List<Named> events) throws Exception {
    assertThat(answer(client, "labels"))
        .isEqualTo(
            plain(
                events,
                Named::isOfLabels,
                e -> Objects.requireNonNullElse(e.name(), "(none)"),
                (row, e) -> counted(row)));
    assertThat(answer(client, "shares"))
        .isEqualTo(
            plain(
                events,
                Named::isOfShares,
                e -> "",
                (row, e) ->
                    counted(
                        row,
                        BigDecimal.valueOf(e.share())
                            .add(row.size() < 2 ? BigDecimal.ZERO : (BigDecimal) row.get(1)))));
    List<Named> byTime = new ArrayList<>(events);
    byTime.sort(Comparator.comparing(Named::time));
    assertThat(answer(client, "notes"))
        .isEqualTo(plain(byTime, Named::isOfNotes, e -> "", (row, e) -> counted(row, e.note())));
    assertThat(answer(client, "all_named"))
        .isEqualTo(plain(events, e -> true, e -> "", (row, e) -> counted(row)));
  }

  private static long without(List<Named> events, Predicate<Named> of) {
    return events.stream().filter(of.negate()).count();
  }

  @Test
  void anEventIsMissingFromTheViewThatCannotTakeItInBothLayersAndFromNoOther() throws Exception {
    String topic = "set-aside";
    long seed = 71;
    Random random = new Random(seed);
    LambdaConfig config = config(topic);
    config.hadoop().set("lambda.set-aside.max-share", "0.5");
    ViewsLoader loader = any -> views("set-aside");
    Layers layers = new Layers(config, topic, loader);
    List<Named> all = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(config);
        LambdaClient client = layers.client();
        RunningSpeedJob speed = layers.startSpeed()) {
      for (int round = 0; round < 3; round++) {
        List<Named> some = events(random, 150);
        some.add(new Named("large", "x".repeat(12_000_000), NOON));
        Instant last = send(producer, type(topic), some);
        all.addAll(some);
        if (round < 2) {
          layers.awaitEpochAfter(last);
          List<Version> versions = layers.batch().versions();
          assertThat(versions)
              .extracting(Version::setAside)
              .as("seed %d", seed)
              .containsExactly(
                  0L,
                  without(all, Named::isOfLabels),
                  without(all, Named::isOfNotes),
                  without(all, Named::isOfShares));
          assertThat(versions)
              .allMatch(v -> v.origin().orElseThrow().base().isPresent() == (v.number() > 1));
        }
        layers.awaitFresh(client, last);
        check(client, all);
      }
      Await.until(
          "the counts of what is set aside",
          LIMIT,
          () -> {
            Map<String, SetAsideCount.Found> found = speed.news().setAside();
            return found.size() == 3
                && found.get("view labels").count() == without(all, Named::isOfLabels)
                && found.get("view shares").count() == without(all, Named::isOfShares)
                && found.get("view notes").count() == without(all, Named::isOfNotes)
                && found.get("view labels").example().contains("the row key has 400");
          });
      // From all events, the same.
      for (View view : views(topic).ofTopic(topic)) {
        layers.recomputeFull(view.name());
        layers.publish(view.name());
      }
      check(client, all);
    }
  }

  @Test
  void tooManyEndBothLayersWithOneLine() throws Exception {
    String topic = "set-aside-too-many";
    LambdaConfig config = config(topic);
    ViewsLoader loader =
        any ->
            Views.of(
                List.of(
                    view(
                        type("set-aside-too-many"),
                        "never",
                        SHARE,
                        row -> 1 / Math.min(0, row.offset()))));
    Layers layers = new Layers(config, topic, loader);
    try (KafkaProducer<byte[], byte[]> producer = producer(config)) {
      Instant last = send(producer, type(topic), events(new Random(72), 240));
      layers.awaitEpochAfter(last);
      layers.archive();
      assertThatThrownBy(() -> layers.recompute("never"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith(
              "Cannot go on with view never: it cannot take 240 of 240 events, a greater share than lambda.set-aside.max-share=0.01 (Cannot compute column 'share' of view never at topic set-aside-too-many partition ");
      try (RunningSpeedJob speed = layers.startSpeed()) {
        assertThatThrownBy(speed::awaitEnd)
            .isInstanceOf(InvalidInputException.class)
            .hasMessageStartingWith(
                "Cannot go on with view never: it cannot take 101 of 101 events");
      }
    }
  }

  /** By a map task, since an increment takes no sample of its events before. */
  @Test
  void anErrorEndsBothLayersWithTheSameLine() throws Exception {
    String topic = "set-aside-error";
    LambdaConfig config = config(topic);
    ViewsLoader loader =
        any ->
            Views.of(
                List.of(
                    view(
                        type("set-aside-error"),
                        "deep",
                        SHARE,
                        row -> row.isNull(0) ? endless(row.offset()) : 1L)));
    Layers layers = new Layers(config, topic, loader);
    String line =
        "Cannot compute column 'share' of view deep at topic set-aside-error partition 0 offset ";
    try (KafkaProducer<byte[], byte[]> producer = producer(config)) {
      for (String name : Arrays.asList("a", null)) {
        Instant last = send(producer, type(topic), List.of(new Named(name, null, NOON)));
        layers.awaitEpochAfter(last);
        layers.archive();
        if (name != null) {
          assertThat(layers.recompute("deep").rows()).isEqualTo(1);
        }
      }
      assertThatThrownBy(() -> layers.recompute("deep"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith(line)
          .hasMessageContaining(": java.lang.StackOverflowError; ");
      try (RunningSpeedJob speed = layers.startSpeed(SpeedOptions.defaults().withFresh(true))) {
        assertThatThrownBy(speed::awaitEnd)
            .isInstanceOf(InvalidInputException.class)
            .hasMessageStartingWith(line)
            .hasMessageContaining(": java.lang.StackOverflowError; ");
      }
    }
  }
}
