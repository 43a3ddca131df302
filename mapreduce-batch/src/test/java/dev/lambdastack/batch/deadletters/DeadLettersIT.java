package dev.lambdastack.batch.deadletters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.log.Tick;
import dev.lambdastack.schemas.Rejection.Reason;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.expressions.Expressions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(Servers.Extension.class)
class DeadLettersIT {
  /** What the archive's host has before the new schema is rolled out. */
  private static final SchemaStore OLD =
      SchemaStore.of(List.of(new SchemaVersion(Sale.V1, 1, "sale.v1")));

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static Replay replay(Scene scene) {
    return replay(scene, step -> {});
  }

  private static Replay replay(Scene scene, Replay.Steps steps) {
    return new Replay(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock(), steps, 3);
  }

  private static void archive(Scene scene, SchemaStore schemas) throws Exception {
    scene.toEpochStart();
    new Archive(scene.config(), scene.views(Sale.V1), schemas, scene.clock()).run(scene.topic());
  }

  private static List<Sale> send(Scene scene, Random random, int count, boolean isNew) {
    List<Sale> sales = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Sale sale = Sale.random(random, scene.now() - 1_000);
      scene.send(i % 2, sale, isNew ? Sale.V2 : Sale.V1);
      sales.add(sale);
    }
    return sales;
  }

  /** Every sale is in the master dataset once, by its random id. */
  private static void assertArchivedOnce(Scene scene, List<Sale> sales) throws Exception {
    assertThat(scene.rows().stream().map(row -> (Long) row.getField("id")).toList())
        .containsExactlyInAnyOrderElementsOf(sales.stream().map(Sale::id).toList());
  }

  private static byte[] corrupt(Sale sale) {
    byte[] whole = sale.encode(Sale.V1);
    return Arrays.copyOf(whole, whole.length - 3);
  }

  @Test
  void replaysWhatIsAnEventByNowOnceAndLeavesTheRest(Servers servers) throws Exception {
    Random random = new Random(11);
    try (Scene scene = Scene.open(servers, 2)) {
      List<Sale> sales = new ArrayList<>(send(scene, random, 4, false));
      List<Sale> unknown = send(scene, random, 7, true);
      Sale broken = Sale.random(random, scene.now());
      long corruptAt = scene.sendRaw(0, corrupt(broken)).offset();
      scene.sendRaw(1, null);
      scene.send(
          0, Sale.random(random, Instant.parse("2399-01-01T00:00:00Z").toEpochMilli()), Sale.V1);
      Sale early = Sale.random(random, scene.now() + Duration.ofHours(25).toMillis());
      scene.send(1, early, Sale.V1);
      archive(scene, OLD);
      assertThat(scene.runs().get(0).counts().deadLetters()).isEqualTo(11);

      Map<String, Long> before = scene.everything();
      ReplayResult planned = replay(scene).plan(scene.topic(), Selection.ALL);
      assertThat(planned.replayed()).isEqualTo(7);
      assertThat(scene.everything()).isEqualTo(before);
      assertThat(scene.delivered().size() - ticks(scene)).isEqualTo(15);

      Selection corrupt = new Selection(Set.of(), OptionalInt.of(0), OptionalLong.of(corruptAt));
      assertThat(replay(scene).run(scene.topic(), corrupt).left()).isEqualTo(Map.of("CORRUPT", 1L));

      ReplayResult result =
          replay(scene)
              .run(
                  scene.topic(),
                  new Selection(
                      Set.of(Reason.UNKNOWN_SCHEMA, Reason.CORRUPT, Reason.EVENT_TIME_AHEAD),
                      OptionalInt.empty(),
                      OptionalLong.empty()));
      assertThat(result.replayed()).isEqualTo(7);
      assertThat(result.left()).isEqualTo(Map.of("CORRUPT", 1L, "EVENT_TIME_AHEAD", 2L));
      assertThat(result.doubts()).isEmpty();
      assertCopies(scene, 7);

      ReplayResult again = replay(scene).run(scene.topic(), Selection.ALL);
      assertThat(again.replayed()).isZero();
      assertThat(again.before()).isEqualTo(7);

      sales.addAll(unknown);
      archive(scene, Sale.SCHEMAS);
      assertArchivedOnce(scene, sales);
      assertThat(scene.runs().get(1).counts().deadLetters()).isZero();
      // A day later the clock has come to the time of one of them.
      scene.move(Duration.ofHours(2));
      ReplayResult later = replay(scene).run(scene.topic(), Selection.ALL);
      assertThat(later.replayed()).isEqualTo(1);
      assertThat(later.left())
          .isEqualTo(Map.of("CORRUPT", 1L, "EVENT_TIME_AHEAD", 1L, "NULL_VALUE", 1L));
      sales.add(early);
      archive(scene, Sale.SCHEMAS);
      assertArchivedOnce(scene, sales);
    }
  }

  private static long ticks(Scene scene) {
    return scene.delivered().stream().filter(r -> Tick.isTick(r.headers())).count();
  }

  /** Each copy is its original, and says where that stood. */
  private static void assertCopies(Scene scene, int count) {
    List<ConsumerRecord<byte[], byte[]>> all = scene.delivered();
    int copies = 0;
    for (ConsumerRecord<byte[], byte[]> copy : all) {
      Header origin = copy.headers().lastHeader("lambda-replay-of");
      if (origin == null) {
        continue;
      }
      copies++;
      String text = new String(origin.value(), StandardCharsets.UTF_8);
      ConsumerRecord<byte[], byte[]> original =
          all.stream()
              .filter(r -> text.equals(r.partition() + ":" + r.offset()))
              .findFirst()
              .orElseThrow();
      assertThat(copy.partition()).isEqualTo(original.partition());
      assertThat(copy.key()).isEqualTo(original.key());
      assertThat(copy.value()).isEqualTo(original.value());
    }
    assertThat(copies).isEqualTo(count);
  }

  /**
   * A replay that stops for good at some step of its second transaction, as if it were killed, and
   * wakes up when the next one is through.
   */
  @ParameterizedTest
  @EnumSource
  void killedAnywhereEachIsReplayedOnce(Replay.Step where, Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      List<Sale> sales = new ArrayList<>(send(scene, new Random(12), 3, false));
      sales.addAll(send(scene, new Random(13), 8, true));
      archive(scene, OLD);

      CountDownLatch stopped = new CountDownLatch(1);
      CountDownLatch wake = new CountDownLatch(1);
      AtomicInteger seen = new AtomicInteger();
      Replay zombie =
          replay(
              scene,
              step -> {
                if (step == where && seen.incrementAndGet() == 2) {
                  stopped.countDown();
                  await(wake);
                }
              });
      CompletableFuture<ReplayResult> zombies =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return zombie.run(scene.topic(), Selection.ALL);
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              });
      await(stopped);
      try {
        long done = where == Replay.Step.COMMITTED ? 6 : 3;
        ReplayResult plan = replay(scene).plan(scene.topic(), Selection.ALL);
        assertThat(plan.before()).isEqualTo(3);
        assertThat(plan.inDoubt()).isEqualTo(3);
        assertThat(plan.doubts()).singleElement().asString().contains("Replay 2");

        ReplayResult result = replay(scene).run(scene.topic(), Selection.ALL);
        assertThat(result.before()).isEqualTo(done);
        assertThat(result.replayed()).isEqualTo(8 - done);
      } finally {
        wake.countDown();
      }
      assertThatThrownBy(() -> zombies.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .hasCauseInstanceOf(LostRaceException.class);

      ReplayResult again = replay(scene).run(scene.topic(), Selection.ALL);
      assertThat(again.replayed()).isZero();
      assertThat(again.before()).isEqualTo(8);
      assertThat(again.inDoubt()).isZero();
      archive(scene, Sale.SCHEMAS);
      assertArchivedOnce(scene, sales);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatNobodyCanTellIsLeft(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      send(scene, new Random(14), 2, true);
      archive(scene, OLD);
      Replay killed =
          replay(
              scene,
              step -> {
                throw new IOException("killed at " + step);
              });
      assertThatThrownBy(() -> killed.run(scene.topic(), Selection.ALL))
          .hasMessage("killed at ANNOUNCED");
      // Something stands behind it, and retention takes all.
      send(scene, new Random(15), 4, false);
      try (var admin = servers.kafka().admin()) {
        admin
            .deleteRecords(
                Map.of(
                    new TopicPartition(scene.topic(), 0), RecordsToDelete.beforeOffset(-1),
                    new TopicPartition(scene.topic(), 1), RecordsToDelete.beforeOffset(-1)))
            .all()
            .get();
      }
      ReplayResult result = replay(scene).run(scene.topic(), Selection.ALL);
      assertThat(result.replayed()).isZero();
      assertThat(result.inDoubt()).isEqualTo(2);
      assertThat(result.doubts()).singleElement().asString().contains("replay 1", "_replays");
    }
  }

  @Test
  void refusesInOneLine(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      assertThatThrownBy(() -> replay(scene).run(scene.topic(), Selection.ALL))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("nothing of it is archived");
      assertThatThrownBy(() -> Tally.open(scene.config(), scene.topic()).groups(Selection.ALL))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("nothing of it is archived");
      send(scene, new Random(16), 2, true);
      archive(scene, OLD);
      var file = scene.table().deadLetters().files(Expressions.alwaysTrue()).get(0);
      Path path = new Path(file.path());
      try (var cut = path.getFileSystem(scene.conf()).create(path, true)) {
        cut.write(new byte[7]);
      }
      assertThatThrownBy(() -> replay(scene).run(scene.topic(), Selection.ALL))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(
              String.format(
                  Locale.ROOT, "expected a file of %d bytes, found one of 7", file.lengthBytes()));
      try (var admin = servers.kafka().admin()) {
        admin.deleteTopics(List.of(scene.topic())).all().get();
      }
      servers.kafka().createTopic(scene.topic(), 2);
      assertThatThrownBy(() -> replay(scene).run(scene.topic(), Selection.ALL))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("deleted and made again");
    }
  }
}
