package dev.lambdastack.batch.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.log.Tick;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.LostOffsets;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.hadoop.fs.Path;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every event once, whichever side of the horizon it is on, and whatever moves it there. */
@ExtendWith(Servers.Extension.class)
class RawEventsIT {
  private static final Instant ALWAYS = Instant.ofEpochMilli(0);
  private static final Instant EVER = Instant.parse("9999-01-01T00:00:00Z");

  private static RawEvents reader(Scene scene, Schema pinned) {
    return new RawEvents(scene.config(), scene.views(pinned), Sale.SCHEMAS, scene.clock());
  }

  private static List<Sale> sales(Random random, int count, long eventTime) {
    return IntStream.range(0, count).mapToObj(i -> Sale.random(random, eventTime + i)).toList();
  }

  /** By a plain consumer and Avro's own reader: what an answer must hold, by place in the log. */
  private static Map<String, String> expected(Scene scene, Schema pinned) throws Exception {
    Map<String, String> events = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : scene.delivered()) {
      if (!Tick.isTick(record.headers())) {
        events.put(record.partition() + "@" + record.offset(), decoded(record.value(), pinned));
      }
    }
    return events;
  }

  private static String decoded(byte[] value, Schema pinned) throws Exception {
    // The marker and the fingerprint are ten bytes.
    for (Schema writer : List.of(Sale.V1, Sale.V2)) {
      if (value[2] == fingerprint(writer)) {
        var decoder = DecoderFactory.get().binaryDecoder(value, 10, value.length - 10, null);
        return new GenericDatumReader<GenericRecord>(writer, pinned, GenericData.get())
            .read(null, decoder)
            .toString();
      }
    }
    throw new AssertionError("a writer that the test does not know");
  }

  private static byte fingerprint(Schema schema) {
    return (byte) SchemaNormalization.parsingFingerprint64(schema);
  }

  private static Map<String, String> read(Scene scene, Schema pinned) throws Exception {
    Map<String, String> events = new TreeMap<>();
    List<String> twice = new ArrayList<>();
    reader(scene, pinned)
        .read(
            scene.topic(),
            ALWAYS,
            EVER,
            event -> {
              String place = event.partition() + "@" + event.offset();
              if (events.put(place, event.record().toString()) != null) {
                twice.add(place);
              }
              return true;
            });
    assertThat(twice).isEmpty();
    return events;
  }

  @Test
  void anAnswerHasEveryEventOnceBeforeAndBehindTheHorizon(Servers servers) throws Exception {
    long seed = 31;
    Random random = new Random(seed);
    try (Scene scene = Scene.open(servers, 3)) {
      for (int round = 0; round < 5; round++) {
        for (int partition = 0; partition < 3; partition++) {
          // Late events too: their dates have files already.
          long time = scene.now() - random.nextInt(3) * 86_400_000L;
          scene.sendAll(partition, sales(random, random.nextInt(40), time), Sale.V1);
        }
        assertThat(read(scene, Sale.V1))
            .as("seed %d, round %d", seed, round)
            .isEqualTo(expected(scene, Sale.V1));

        scene.toEpochStart();
        scene.archive(Sale.V1).run(scene.topic());
        if (round == 3) {
          new Compaction(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
              .run(scene.topic());
        }
      }
      assertThat(read(scene, Sale.V1)).isEqualTo(expected(scene, Sale.V1));
      // A later schema knows of archived events what their producers had sent.
      scene.sendAll(0, sales(random, 20, scene.now()), Sale.V2);
      assertThat(read(scene, Sale.V2)).isEqualTo(expected(scene, Sale.V2));
    }
  }

  /** Archive runs and compactions commit while it reads: nothing is missing, nothing is twice. */
  @Test
  void theHorizonMovesWhileItIsRead(Servers servers) throws Exception {
    Random random = new Random(32);
    try (Scene scene = Scene.open(servers, 2)) {
      scene.sendAll(0, sales(random, 50, scene.now()), Sale.V1);
      scene.sendAll(1, sales(random, 50, scene.now()), Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      scene.sendAll(0, sales(random, 50, scene.now()), Sale.V1);
      scene.toEpochStart();
      Map<String, String> expected = expected(scene, Sale.V1);

      Map<String, String> events = new TreeMap<>();
      AtomicBoolean isMoved = new AtomicBoolean();
      RawEvents.Answer answer =
          reader(scene, Sale.V1)
              .read(
                  scene.topic(),
                  ALWAYS,
                  EVER,
                  event -> {
                    if (isMoved.compareAndSet(false, true)) {
                      moveHorizon(scene);
                    }
                    assertThat(
                            events.put(
                                event.partition() + "@" + event.offset(),
                                event.record().toString()))
                        .isNull();
                    return true;
                  });
      assertThat(events).isEqualTo(expected);
      assertThat(answer.archived()).isEqualTo(100);
      assertThat(answer.inLog()).isEqualTo(50);
      assertThat(answer.open()).isEmpty();
    }
  }

  private static void moveHorizon(Scene scene) {
    try {
      assertThat(scene.archive(Sale.V1).run(scene.topic()).events()).isEqualTo(50);
      new Compaction(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
          .run(scene.topic());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void itSaysWhatRetentionHasTakenBetweenTheTwo(Servers servers) throws Exception {
    Random random = new Random(33);
    try (Scene scene = Scene.open(servers, 1)) {
      scene.sendAll(0, sales(random, 10, scene.now()), Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      scene.sendAll(0, sales(random, 10, scene.now()), Sale.V1);
      try (var admin = servers.kafka().admin()) {
        admin
            .deleteRecords(
                Map.of(new TopicPartition(scene.topic(), 0), RecordsToDelete.beforeOffset(15)))
            .all()
            .get();
      }

      List<Long> offsets = new ArrayList<>();
      RawEvents.Answer answer =
          reader(scene, Sale.V1)
              .read(scene.topic(), ALWAYS, EVER, event -> offsets.add(event.offset()));
      Collections.sort(offsets);
      assertThat(answer.lost()).isEqualTo(LostOffsets.NONE.with(0, 10, 15));
      assertThat(offsets).startsWith(0L, 1L).doesNotContain(10L, 14L).contains(15L);
      assertThat(answer.whole()).isBeforeOrEqualTo(scene.clock().instant());
    }
  }

  /** Else a topic of short retention would be said to have lost what is archived. */
  @Test
  void whatRetentionTakesOnceItIsArchivedIsReadFromTheTable(Servers servers) throws Exception {
    Random random = new Random(37);
    try (Scene scene = Scene.open(servers, 2)) {
      for (int partition = 0; partition < 2; partition++) {
        scene.sendAll(partition, sales(random, 50, scene.now()), Sale.V1);
      }
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      scene.sendAll(0, sales(random, 50, scene.now()), Sale.V1);
      scene.toEpochStart();
      Map<String, String> expected = expected(scene, Sale.V1);

      List<String> places = new ArrayList<>();
      AtomicBoolean isMoved = new AtomicBoolean();
      RawEvents.Answer answer =
          reader(scene, Sale.V1)
              .read(
                  scene.topic(),
                  ALWAYS,
                  EVER,
                  event -> {
                    if (isMoved.compareAndSet(false, true)) {
                      moveHorizon(scene);
                      emptyLog(servers, scene);
                    }
                    return places.add(event.partition() + "@" + event.offset());
                  });
      assertThat(places).doesNotHaveDuplicates().hasSameElementsAs(expected.keySet());
      assertThat(answer.lost()).isEqualTo(LostOffsets.NONE);
      assertThat(answer.archived()).isEqualTo(150);
    }
  }

  /** All that is archived, which is all but the last tick. */
  private static void emptyLog(Servers servers, Scene scene) throws IOException {
    try (Admin admin = servers.kafka().admin()) {
      Map<TopicPartition, RecordsToDelete> archived = new HashMap<>();
      scene
          .contents()
          .horizon()
          .offsets()
          .forEach(
              (partition, end) ->
                  archived.put(
                      new TopicPartition(scene.topic(), partition),
                      RecordsToDelete.beforeOffset(end)));
      admin.deleteRecords(archived).all().get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IOException(e);
    }
  }

  @Test
  void beforeTheFirstArchiveRunItIsTheLog(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      scene.sendAll(1, sales(new Random(34), 30, scene.now()), Sale.V1);
      scene.sendRaw(0, new byte[] {1});
      RawEvents.Answer answer =
          reader(scene, Sale.V1).read(scene.topic(), ALWAYS, EVER, event -> true);
      assertThat(answer.horizon()).isEmpty();
      assertThat(answer.inLog()).isEqualTo(30);
      assertThat(answer.notEvents()).isEqualTo(1);
      assertThat(scene.everything()).isEmpty();
    }
  }

  @Test
  void aFileThatMaintenanceRemovesMeanwhileIsNamed(Servers servers) throws Exception {
    Random random = new Random(38);
    try (Scene scene = Scene.open(servers, 1)) {
      for (int day = 0; day < 2; day++) {
        scene.sendAll(0, sales(random, 10, scene.now() - day * 86_400_000L), Sale.V1);
      }
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      Path last =
          new Path(scene.contents().files().get(scene.contents().files().size() - 1).path());
      assertThatThrownBy(
              () ->
                  reader(scene, Sale.V1)
                      .read(
                          scene.topic(),
                          ALWAYS,
                          EVER,
                          event -> {
                            last.getFileSystem(scene.conf()).delete(last, false);
                            return true;
                          }))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining(last + " of topic " + scene.topic() + " is gone");
    }
  }

  @Test
  void onlyEventsOfTheTimesThatWereAskedFor(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 1)) {
      long now = scene.now();
      scene.sendAll(0, sales(new Random(35), 30, now), Sale.V1);
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      scene.sendAll(0, sales(new Random(36), 30, now), Sale.V1);

      List<Instant> times = new ArrayList<>();
      reader(scene, Sale.V1)
          .read(
              scene.topic(),
              Instant.ofEpochMilli(now + 5),
              Instant.ofEpochMilli(now + 20),
              event -> times.add(event.eventTime()));
      assertThat(times).hasSize(30).allMatch(t -> t.toEpochMilli() >= now + 5);
    }
  }
}
