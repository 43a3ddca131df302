package dev.lambdastack.log.agreement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.EmbeddedHdfs;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.Adoptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.SafeMode;
import org.apache.hadoop.fs.SafeModeAction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On HDFS, whose rename is the compare-and-set. */
class TopicAgreementIT {
  private static final Instant NOON = Instant.parse("2026-01-10T12:00:00Z");

  private static EmbeddedHdfs hdfs;

  private final String topicId;
  private final TopicAgreement store;
  private final TopicAgreement other;

  TopicAgreementIT() {
    Configuration conf = new Configuration(hdfs.configuration());
    conf.set("lambda.master", "/adoptions/master");
    topicId = "id-" + System.nanoTime();
    store = TopicAgreement.of(LambdaConfig.of(conf), "orders", topicId);
    conf.set("lambda.event-time.min", "2000-01-01T00:00:00Z");
    other = TopicAgreement.of(LambdaConfig.of(conf), "orders", topicId);
  }

  @BeforeAll
  static void start() throws Exception {
    hdfs = EmbeddedHdfs.start();
  }

  @AfterAll
  static void stop() throws Exception {
    hdfs.close();
  }

  @Test
  void whoTakesOtherEventTimesIsRefused() throws Exception {
    Adoptions known = other.adopt(upTo(2), upTo(2), NOON);
    assertThatThrownBy(() -> store.adopt(upTo(3), upTo(3), NOON))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            "Cannot read topic orders with lambda.event-time.min=1990-01-01T00:00:00Z: ")
        .hasMessageContaining("began with 2000-01-01T00:00:00Z");
    assertThat(other.read()).contains(known);
  }

  @Test
  void aTopicThatWasMadeAgainIsToldFromTheOneThatWasRead() throws Exception {
    Configuration conf = new Configuration(hdfs.configuration());
    conf.set("lambda.master", "/again/master");
    TopicAgreement before = TopicAgreement.of(LambdaConfig.of(conf), "orders", "before");
    TopicAgreement again = TopicAgreement.of(LambdaConfig.of(conf), "orders", "again");
    assertThat(again.another()).as("nobody has read anything").isEmpty();

    before.adopt(upTo(1), upTo(1), NOON);
    assertThat(before.another()).isEmpty();
    assertThat(again.another()).contains("before");

    again.adopt(upTo(1), upTo(1), NOON);
    assertThat(again.another()).as("this one is read now").isEmpty();
  }

  /** As each that starts is, until its DataNodes have told what they have. */
  @Test
  void aNameNodeInSafeModeIsAnOutage() throws Exception {
    var files = (SafeMode) FileSystem.get(hdfs.configuration());
    files.setSafeMode(SafeModeAction.ENTER);
    try {
      assertThatThrownBy(() -> store.adopt(upTo(1), upTo(1), NOON))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("Name node is in safe mode");
    } finally {
      files.setSafeMode(SafeModeAction.LEAVE);
    }
  }

  private static Schema paid(int scale) {
    return SchemaBuilder.record("Paid")
        .namespace("shop")
        .fields()
        .name("made")
        .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
        .noDefault()
        .name("amount")
        .type(LogicalTypes.decimal(9, scale).addToSchema(Schema.create(Schema.Type.BYTES)))
        .noDefault()
        .endRecord();
  }

  private static SchemaStore schemas(int scale) {
    return SchemaStore.of(List.of(new SchemaVersion(paid(scale), 1, "paid.v1.avsc")));
  }

  /** Whichever layer comes first, and with nothing archived yet. */
  @Test
  void whoReadsAVersionOfASchemaOtherwiseIsRefused() throws Exception {
    EventType type = EventType.of("orders", paid(2), "made", "made");
    store.checkSchemas(schemas(2), type);
    store.agreeOnSchemas(schemas(2), type);
    other.agreeOnSchemas(schemas(2), type);
    for (ThrowingCallable look :
        List.<ThrowingCallable>of(
            () -> other.agreeOnSchemas(schemas(3), type),
            () -> other.checkSchemas(schemas(3), type))) {
      assertThatThrownBy(look)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Cannot use schema paid.v1.avsc: it was edited")
          .hasMessageContaining(
              "field 'amount' (expected bytes decimal(9,2), found bytes decimal(9,3))");
    }
  }

  @Test
  void whoMeansAnotherColumnByEventTimeIsRefused() throws Exception {
    store.agreeOnEventTime("made");
    other.agreeOnEventTime("made");
    assertThatThrownBy(() -> other.agreeOnEventTime("paid"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Cannot read topic orders by event time 'paid': its archive and speed jobs began with 'made', which never changes; go back to 'made', or send the events to a new topic");
  }

  private static Set<Integer> upTo(int count) {
    return IntStream.range(0, count).boxed().collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void nothingIsKnownBeforeTheFirst() throws Exception {
    assertThat(store.read()).isEmpty();
    Adoptions first = store.adopt(upTo(2), upTo(3), NOON);
    assertThat(first).isEqualTo(Adoptions.atFirst(upTo(2)).with(Set.of(2), NOON));
    assertThat(store.read()).contains(first);
    assertThat(store.adopt(upTo(3), upTo(3), NOON.plusSeconds(60))).isEqualTo(first);
  }

  /** Some have seen more partitions than others; each proposes an instant of its own. */
  @Test
  void ofManyAtOnceAllSayTheSameOfEachPartition() throws Exception {
    ExecutorService runs = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Adoptions>> calls = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        int run = i;
        calls.add(() -> store.adopt(upTo(2), upTo(2 + run % 5), NOON.plusSeconds(run)));
      }
      List<Adoptions> answers = new ArrayList<>();
      for (Future<Adoptions> answer : runs.invokeAll(calls)) {
        answers.add(answer.get());
      }
      Adoptions known = store.read().orElseThrow();
      assertThat(known.partitions()).isEqualTo(upTo(6));
      for (Adoptions answer : answers) {
        answer.floors().forEach((p, floor) -> assertThat(known.floors()).containsEntry(p, floor));
      }
    } finally {
      runs.shutdown();
    }
  }
}
