package dev.lambdastack.speed.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.embedded.EmbeddedFlink;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.reference.alert.TooFarToTravel;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.CheckpointedStates;
import dev.lambdastack.speed.TestingClusters;
import dev.lambdastack.speed.launch.LifeFolder;
import dev.lambdastack.speed.plan.Settings;
import dev.lambdastack.speed.progress.RunClaim;
import dev.lambdastack.views.AlertLogic;
import dev.lambdastack.views.AlertRule;
import dev.lambdastack.views.AlertRules;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.Row;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.JobID;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Alerts on real servers, beside what plain Java finds in the log. */
@ExtendWith(TestingClusters.class)
class AlertsIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final String CARDS = "card-transactions";
  private static final SchemaStore SCHEMAS = SchemaStore.load(AlertsIT.class.getClassLoader());

  /** So many times at most something is tried that depends on a race, until it goes as it must. */
  private static final int RUNS = 20;

  private static final Instant NOON = Instant.parse("2026-01-10T12:00:00Z");

  private static int names;

  private final String alertsTopic = "alerts-" + ++names;
  private final EventEncoder encoder = new EventEncoder(ReferenceEvents.CARD_TRANSACTIONS);

  private LambdaConfig config;
  private Connection hbase;
  private KafkaProducer<byte[], byte[]> producer;

  @BeforeEach
  void begin() throws Exception {
    TestingClusters.removeTopic(CARDS);
    TestingClusters.kafka().createTopic(CARDS, 3);
    TestingClusters.kafka().createTopic(alertsTopic, 2);
    config =
        TestingClusters.config(
            Map.of(
                "lambda.alerts.topic", alertsTopic, "lambda.speed.checkpoint-interval", "400ms"));
    hbase = HBaseConnector.connect(config);
    producer = new KafkaProducer<>(LogClients.producer(config.kafka().within(LIMIT)));
  }

  @AfterEach
  void end() throws IOException {
    producer.close();
    hbase.close();
  }

  /** The reference rule, which counts how often it is asked, and how often it raises an alert. */
  private record Counting(TooFarToTravel rule) implements AlertLogic<TooFarToTravel.Use> {
    static final AtomicLong ASKED = new AtomicLong();
    static final AtomicLong RAISED = new AtomicLong();

    @Override
    public Step<TooFarToTravel.Use> next(Optional<TooFarToTravel.Use> before, Row row) {
      ASKED.incrementAndGet();
      Step<TooFarToTravel.Use> step = rule.next(before, row);
      step.alert().ifPresent(a -> RAISED.incrementAndGet());
      return step;
    }

    @Override
    public void write(TooFarToTravel.Use state, DataOutput out) throws IOException {
      rule.write(state, out);
    }

    @Override
    public TooFarToTravel.Use read(DataInput in) throws IOException {
      return rule.read(in);
    }
  }

  private static final RulesLoader RULES =
      loader ->
          AlertRules.of(
              List.of(
                  AlertRule.named("card_too_far")
                      .over(ReferenceEvents.CARD_TRANSACTIONS)
                      .keyedBy("card")
                      .reads(TooFarToTravel.COLUMNS)
                      .raisedBy(1, new Counting(new TooFarToTravel(600, 20)))));

  private AlertJob start() throws Exception {
    return AlertJob.start(config, CARDS, RULES, SCHEMAS, Optional.empty());
  }

  private AlertJob startOn(EmbeddedFlink flink) throws Exception {
    return AlertJob.start(
        config,
        CARDS,
        RULES,
        SCHEMAS,
        Optional.of(
            StreamExecutionEnvironment.createRemoteEnvironment(flink.host(), flink.port())));
  }

  private record Place(String name, double latitude, double longitude) {}

  private static final List<Place> PLACES =
      List.of(
          new Place("Oslo", 59.91, 10.75),
          new Place("Lillestrøm", 59.95, 11.05),
          new Place("Paris", 48.86, 2.35),
          new Place("Boston", 42.36, -71.06),
          new Place("Sydney", -33.87, 151.21));

  /** A use of a card and where its record stands, as the test sent it. */
  private record Use(String card, Place place, Instant time, int partition, long offset) {}

  private final List<Use> sent = new ArrayList<>();
  private Instant clock = NOON;
  private String topicId;

  private void send(Random random, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      String card = "card " + random.nextInt(15);
      Place place = PLACES.get(random.nextInt(3) == 0 ? random.nextInt(PLACES.size()) : 0);
      clock = clock.plusSeconds(random.nextInt(600));
      // Some uses come late.
      Instant time = random.nextInt(5) == 0 ? clock.minusSeconds(random.nextInt(20_000)) : clock;
      byte[] value = encoder.value(use(card, place, time));
      switch (random.nextInt(12)) {
        // Neither is an event of this card in the order of its partition.
        case 0 -> append("another", value);
        case 1 -> append(card, new byte[] {1, 2, 3});
        default -> {
          RecordMetadata at = append(card, value);
          sent.add(new Use(card, place, time, at.partition(), at.offset()));
        }
      }
    }
  }

  private RecordMetadata append(String key, byte[] value) throws Exception {
    return producer
        .send(new ProducerRecord<>(CARDS, key.getBytes(StandardCharsets.UTF_8), value))
        .get();
  }

  /** Message by id, worked out from what was sent, card by card. */
  private Map<String, String> truth() {
    Map<String, String> alerts = new TreeMap<>();
    Map<String, Use> last = new HashMap<>();
    for (Use use : sent) {
      Use before = last.get(use.card());
      if (before != null) {
        double miles = miles(before.place(), use.place());
        long seconds = Math.abs(Duration.between(before.time(), use.time()).toSeconds());
        if (miles > 20 && miles > 600 * (seconds / 3600.0)) {
          alerts.put(
              String.format(
                  Locale.ROOT,
                  "card_too_far/%s/%s/%d/%019d",
                  use.card(),
                  topicId(),
                  use.partition(),
                  use.offset()),
              String.format(
                  Locale.ROOT,
                  "used at %s and at %s, %.0f miles away, within %d s",
                  before.place().name(),
                  use.place().name(),
                  miles,
                  seconds));
        }
      }
      if (before == null || !use.time().isBefore(before.time())) {
        last.put(use.card(), use);
      }
    }
    return alerts;
  }

  /** By the law of cosines, which is not how the rule does it. */
  private static double miles(Place a, Place b) {
    double cos =
        Math.sin(Math.toRadians(a.latitude())) * Math.sin(Math.toRadians(b.latitude()))
            + Math.cos(Math.toRadians(a.latitude()))
                * Math.cos(Math.toRadians(b.latitude()))
                * Math.cos(Math.toRadians(a.longitude() - b.longitude()));
    return 3958.8 * Math.acos(Math.min(1, cos));
  }

  /** Message by id, of the alerts of this test's topic. */
  private Map<String, String> inTable() throws IOException {
    Map<String, String> alerts = new TreeMap<>();
    new AlertStore(hbase)
        .all().stream()
            .filter(a -> a.id().contains("/" + topicId() + "/"))
            .forEach(a -> alerts.put(a.id(), a.message()));
    return alerts;
  }

  private String topicId() {
    if (topicId == null) {
      try (TopicLog log = TopicLog.open(config.kafka().within(LIMIT), CARDS)) {
        topicId = log.topicId();
      }
    }
    return topicId;
  }

  /**
   * Ids on the alerts topic as a committed reader sees them now, each as often as it stands there.
   */
  private List<String> onTopic() {
    List<String> ids = new ArrayList<>();
    try (TopicLog log = TopicLog.open(config.kafka().within(LIMIT), alertsTopic);
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(LogClients.consumer(config.kafka().within(LIMIT)))) {
      Map<Integer, Long> ends = log.endOffsets();
      List<TopicPartition> partitions =
          ends.keySet().stream().map(p -> new TopicPartition(alertsTopic, p)).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p.partition()))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
          ids.add(new String(record.key(), StandardCharsets.UTF_8));
        }
      }
    }
    return ids.stream().sorted().toList();
  }

  private static void await(String what, AlertJob job, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.call()) {
      assertThat(job.hasEnded()).as("the job has ended before %s", what).isFalse();
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  @Test
  void eachAlertIsOnTheTopicAndInTheTableOnceThroughKillsRestoresAndALostCheckpoint()
      throws Exception {
    long seed = 3;
    System.out.println("AlertsIT: seed " + seed);
    Random random = new Random(seed);
    Counting.ASKED.set(0);
    Counting.RAISED.set(0);
    int resumed = 0;
    int runs = 0;
    // Whether a checkpoint knows of all alerts when the job is killed is a race.
    for (; runs < 4 || Counting.RAISED.get() <= truth().size(); runs++) {
      assertThat(runs).as("runs, and no alert was raised again").isLessThan(RUNS);
      try (AlertJob job = start()) {
        resumed += job.resumedFrom().isPresent() ? 1 : 0;
        Optional<String> before = job.newestCheckpoint();
        send(random, 60);
        await("a checkpoint", job, () -> !job.newestCheckpoint().equals(before));
        assertThat(CheckpointedStates.names(config, job.newestCheckpoint().orElseThrow()))
            .isEqualTo(
                Map.of(
                    "log", Set.of("SourceReaderState"),
                    "rules", Set.of("rule-card_too_far"),
                    "alerts", Set.of("alerts")));
        // Alerts that no checkpoint knows of, most likely, when the job is killed.
        send(random, 60);
        List<String> wanted = List.copyOf(truth().keySet());
        if (runs % 2 == 0) {
          await("all alerts", job, () -> onTopic().equals(wanted));
        }
      }
    }
    try (AlertJob job = start()) {
      List<String> wanted = List.copyOf(truth().keySet());
      await("all alerts", job, () -> onTopic().equals(wanted));
      assertThat(inTable()).isEqualTo(truth());
    }
    long asked = Counting.ASKED.get();
    long raised = Counting.RAISED.get();
    System.out.printf(
        "AlertsIT: %d events, %d alerts; %d runs went on from a checkpoint; rules were asked %d times and raised %d alerts%n",
        sent.size(), truth().size(), resumed, asked, raised);
    assertThat(truth().size()).isGreaterThan(20);
    assertThat(resumed).isEqualTo(runs - 1);
    assertThat(raised).as("some alerts were raised again").isGreaterThan(truth().size());

    Path checkpoints = new Path(config.speed().checkpoints(), CARDS);
    checkpoints.getFileSystem(config.hadoop()).delete(checkpoints, true);
    try (AlertJob job = start()) {
      assertThat(job.resumedFrom()).isEmpty();
      await("all events again", job, () -> Counting.ASKED.get() >= asked + sent.size());
      send(random, 40);
      List<String> wanted = List.copyOf(truth().keySet());
      await("the new alerts", job, () -> onTopic().containsAll(wanted));
      assertThat(onTopic()).as("nothing is repeated").isEqualTo(wanted);
      assertThat(inTable()).isEqualTo(truth());
    }
  }

  /** Cards that are first used on new partitions, so that their order is defined. */
  @Test
  void partitionsThatAreAddedAreReadFromTheirBeginning() throws Exception {
    Random random = new Random(4);
    try (AlertJob job = start()) {
      send(random, 60);
      await("all alerts", job, () -> onTopic().equals(List.copyOf(truth().keySet())));
      addPartitions(5);
      sendFarApart("new card 3", 3);
      sendFarApart("new card 4", 4);
      await("those of new partitions", job, () -> onTopic().containsAll(truth().keySet()));
    }
    addPartitions(6);
    sendFarApart("new card 4", 4);
    sendFarApart("new card 5", 5);
    try (AlertJob job = start()) {
      assertThat(job.resumedFrom()).isPresent();
      await("those while it was ended", job, () -> onTopic().containsAll(truth().keySet()));
      sendFarApart("new card 5", 5);
      await("those after", job, () -> onTopic().containsAll(truth().keySet()));
      assertThat(onTopic()).isEqualTo(List.copyOf(truth().keySet()));
      assertThat(inTable()).isEqualTo(truth());
      assertThat(truth().keySet()).filteredOn(id -> id.contains("new card")).hasSize(7);
    }
  }

  private static void addPartitions(int count) throws Exception {
    try (Admin admin = TestingClusters.kafka().admin()) {
      admin.createPartitions(Map.of(CARDS, NewPartitions.increaseTo(count))).all().get();
    }
  }

  /** Two uses of a card, half a minute and an ocean apart. */
  private void sendFarApart(String card, int partition) throws Exception {
    for (Place place : List.of(PLACES.get(0), PLACES.get(3))) {
      clock = clock.plusSeconds(30);
      RecordMetadata at =
          producer
              .send(
                  new ProducerRecord<>(
                      CARDS,
                      partition,
                      card.getBytes(StandardCharsets.UTF_8),
                      encoder.value(use(card, place, clock))))
              .get();
      sent.add(new Use(card, place, clock, at.partition(), at.offset()));
    }
  }

  private static GenericRecord use(String card, Place place, Instant time) {
    GenericRecord use = new GenericData.Record(ReferenceEvents.CARD_TRANSACTIONS.schema());
    use.put("card", card);
    use.put("place", place.name());
    use.put("latitude", place.latitude());
    use.put("longitude", place.longitude());
    use.put("amount", new BigDecimal("1.00"));
    use.put("event_time", time);
    return use;
  }

  /** The job is not ended but dies, again and again, while alerts are under way. */
  @Test
  void noAlertIsLostOrRepeatedWhenTaskManagersDie() throws Exception {
    long seed = 8;
    System.out.println("AlertsIT: seed " + seed);
    Random random = new Random(seed);
    Counting.RAISED.set(0);
    try (EmbeddedFlink flink = EmbeddedFlink.start(2, 1);
        AlertJob job = startOn(flink)) {
      JobID id = flink.jobs().get(0);
      for (int kill = 1; kill <= 3 || Counting.RAISED.get() <= truth().size(); kill++) {
        assertThat(kill).as("kills, and no alert was raised again").isLessThan(RUNS);
        Optional<String> before = job.newestCheckpoint();
        send(random, 40);
        await("a checkpoint", job, () -> !job.newestCheckpoint().equals(before));
        int restarts = flink.restarts(id);
        send(random, 60);
        flink.killTaskManager(random.nextInt(2));
        send(random, 40);
        flink.startTaskManager();
        await("a restart", job, () -> flink.restarts(id) > restarts);
        List<String> wanted = List.copyOf(truth().keySet());
        await("all alerts", job, () -> onTopic().containsAll(wanted));
        assertThat(onTopic()).as("after kill %d", kill).isEqualTo(wanted);
      }
      assertThat(inTable()).isEqualTo(truth());
      System.out.printf(
          "AlertsIT: %d alerts, %d raised, through %d restarts%n",
          truth().size(), Counting.RAISED.get(), flink.restarts(id));
      assertThat(truth().size()).isGreaterThan(20);
      assertThat(Counting.RAISED.get())
          .as("some alerts were raised again")
          .isGreaterThan(truth().size());
    }
  }

  /** As after a pause of the whole machine, longer than Kafka keeps a transaction open. */
  @Test
  void aJobThatKafkaFencedGoesOnUnlessAnotherRunHasTakenOver() throws Exception {
    Random random = new Random(9);
    try (EmbeddedFlink flink = EmbeddedFlink.start(2, 1);
        AlertJob job = startOn(flink)) {
      JobID id = flink.jobs().get(0);
      send(random, 60);
      await("all alerts", job, () -> onTopic().equals(List.copyOf(truth().keySet())));
      AlertTopic.takeOver(plan(), Map.of()).close();
      send(random, 60);
      await("all alerts", job, () -> onTopic().equals(List.copyOf(truth().keySet())));
      assertThat(flink.restarts(id)).isPositive();
      assertThatThrownBy(this::start)
          .isInstanceOf(LostRaceException.class)
          .hasMessageStartingWith(
              "Cannot start an alert job of topic card-transactions: one is running");
      RunClaim.of(
              LifeFolder.of(config, CARDS, "alerts").uri(), config.hadoop(), "job", "a-later-run")
          .take();
      // Also where there is no alert to raise.
      Await.until("the job ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(LostRaceException.class)
          .hasMessageStartingWith("Another alert job of topic card-transactions has gone on");
    }
  }

  private AlertPlan plan() {
    return new AlertPlan(
        CARDS,
        topicId(),
        "run",
        config.speed().checkpoints(),
        "any",
        new TreeMap<>(),
        alertsTopic,
        config.kafka(),
        Instant.EPOCH,
        new Settings(config.hadoop()));
  }

  private static AlertTopic.Entry entry(String id) {
    return new AlertTopic.Entry(id.getBytes(StandardCharsets.UTF_8), new byte[] {1});
  }

  @Test
  void ofTwoWritersTheLaterOneLives() throws Exception {
    try (AlertTopic first = AlertTopic.takeOver(plan(), Map.of())) {
      first.append(List.of(entry("a"), entry("b")));
      try (AlertTopic second = AlertTopic.takeOver(plan(), Map.of())) {
        assertThat(second.holds("a") && second.holds("b")).isTrue();
        assertThat(second.holds("c")).isFalse();
        assertThat(second.next()).isNotEqualTo(Map.of());
        assertThatThrownBy(() -> first.append(List.of(entry("c"))))
            .isInstanceOf(IOException.class)
            .hasMessageStartingWith("Cannot append alerts to topic " + alertsTopic);
        second.append(List.of(entry("c")));
        assertThat(onTopic()).containsExactly("a", "b", "c");
      }
      try (AlertTopic third = AlertTopic.takeOver(plan(), first.next())) {
        assertThat(third.holds("a")).as("that lies before the checkpoint").isFalse();
        assertThat(third.holds("c")).isTrue();
      }
    }
  }

  /** Nothing but the source's own look for partitions would notice. */
  @Test
  void aTopicThatIsDeletedEndsTheJobWithOneLine() throws Exception {
    try (AlertJob job = start()) {
      TestingClusters.removeTopic(CARDS);
      Await.until("the job ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("No topic 'card-transactions' on Kafka at ");
    }
  }

  @Test
  void anAlertsTopicThatMayNotBeWrittenEndsTheJobWithOneLine() throws Exception {
    try (AlertJob job = start()) {
      send(new Random(11), 60);
      await("all alerts", job, () -> onTopic().equals(List.copyOf(truth().keySet())));
      TestingClusters.deny(alertsTopic, AclOperation.WRITE);
      send(new Random(12), 60);
      Await.until("the job ends", LIMIT, job::hasEnded);
      assertThatThrownBy(job::awaitEnd)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("alerts to topic " + alertsTopic);
    } finally {
      TestingClusters.allowAll();
    }
  }

  @Test
  void whatCannotRunIsRefused() {
    assertThatThrownBy(() -> AlertJob.start(config, "orders", RULES, SCHEMAS, Optional.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "No alert rule reads topic 'orders'; the topics with rules are card-transactions");
    LambdaConfig nowhere = TestingClusters.config(Map.of("lambda.alerts.topic", "nowhere"));
    assertThatThrownBy(() -> AlertJob.start(nowhere, CARDS, RULES, SCHEMAS, Optional.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("No topic 'nowhere'");
  }
}
