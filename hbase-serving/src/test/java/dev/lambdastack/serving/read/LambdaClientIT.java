package dev.lambdastack.serving.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.embedded.Await;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.testing.Layers;
import dev.lambdastack.serving.testing.Sale;
import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.serving.testing.TestingHBase;
import dev.lambdastack.serving.testing.TestingHBase.Cluster;
import dev.lambdastack.serving.testing.Truth;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The read client on a real HBase. */
@ExtendWith(TestingHBase.class)
class LambdaClientIT {
  private static final Instant MIN = Instant.MIN;
  private static final Instant MAX = Instant.MAX;

  /**
   * HBase's own clock is the machine's: the cells of the tests, of January 2026, must outlive it.
   */
  private static final Duration RETENTION = Duration.ofDays(24_000);

  private static final Duration WEEK = Duration.ofDays(7);
  private static final long H = Sales.FIRST_EPOCH + 5;

  /** Just after the last epoch of the sales, so that nothing has expired. */
  private static final Instant NOW = new Epoch(Sales.FIRST_EPOCH + 11, Sales.EPOCH).start();

  private final Cluster cluster;
  private static int names;

  LambdaClientIT(Cluster cluster) {
    this.cluster = cluster;
  }

  private static synchronized String name() {
    return "sales_" + ++names;
  }

  private LambdaClient client(Instant now, String... settings) {
    Configuration conf = cluster.configuration();
    for (int i = 0; i < settings.length; i += 2) {
      conf.set(settings[i], settings[i + 1]);
    }
    return LambdaClient.over(
        cluster.connection(), LambdaConfig.of(conf), Clock.fixed(now, ZoneOffset.UTC));
  }

  private Layers layers(String... keys) throws IOException {
    return new Layers(cluster.connection(), Sales.view(name(), keys));
  }

  private static Sale sale(String shop, String time, long epoch, String amount) {
    return new Sale(
        shop, 1, false, new BigDecimal(amount), Instant.parse(time), 0, epoch * 10, epoch);
  }

  private static List<Object> parts(View view, Sale sale) {
    return view.shape().keyColumns().stream()
        .map(
            c ->
                switch (c.name()) {
                  case "shop" -> (Object) sale.shop();
                  case "clerk" -> sale.clerk();
                  case "refund" -> sale.refund();
                  default -> throw new AssertionError(c);
                })
        .toList();
  }

  @Test
  void answersEqualAPlainRecomputation() throws Exception {
    String[][] keys = {{"shop"}, {"clerk", "shop"}, {"refund"}, {}};
    for (long seed = 1; seed <= 12; seed++) {
      Random random = new Random(seed);
      Layers layers = layers(keys[(int) (seed % keys.length)]);
      List<Sale> sales = Sales.random(random, 1 + random.nextInt(1500));
      long horizon = Sales.FIRST_EPOCH + random.nextInt(12) - 1;
      long coverage =
          Sales.FIRST_EPOCH + random.nextInt((int) (horizon - Sales.FIRST_EPOCH) + 2) - 1;
      layers.publish(
          Optional.of(layers.version(1, horizon, sales)),
          Optional.of(layers.generation(coverage, RETENTION, sales)));
      Function<Sale, List<Object>> key = s -> parts(layers.view(), s);
      Map<Truth.Cell, Truth.Numbers> truth = Truth.of(sales, key, horizon);

      try (LambdaClient client = client(NOW)) {
        List<MergedRow> all = client.queryAll(layers.view().name(), MIN, MAX).rows();
        assertThat(Truth.answered(all)).as("seed %d, all", seed).isEqualTo(truth);
        assertThat(all)
            .isSortedAccordingTo(
                Comparator.comparing(MergedRow::start)
                    .thenComparing((a, b) -> compareKeys(layers.view(), a, b)));
        for (int i = 0; i < 20; i++) {
          Instant from = NOW.minusSeconds(random.nextInt(4 * 86_400)).plusNanos(random.nextInt(2));
          Instant to = from.plusSeconds(random.nextInt(2 * 86_400));
          List<Object> one = key.apply(sales.get(random.nextInt(sales.size())));
          List<MergedRow> rows = client.query(layers.view().name(), one, from, to).rows();
          assertThat(Truth.answered(rows))
              .as("seed %d, %s in [%s, %s)", seed, one, from, to)
              .isEqualTo(Truth.part(truth, one, from, to));
          assertThat(rows).isSortedAccordingTo(Comparator.comparing(MergedRow::start));
          assertThat(Truth.answered(client.queryAll(layers.view().name(), from, to).rows()))
              .as("seed %d, all in [%s, %s)", seed, from, to)
              .isEqualTo(Truth.part(truth, null, from, to));
        }
      }
    }
  }

  private static int compareKeys(View view, MergedRow a, MergedRow b) {
    byte[] left = RowKey.prefix(view.shape(), a.key());
    byte[] right = RowKey.prefix(view.shape(), b.key());
    return Arrays.compareUnsigned(left, 1, left.length, right, 1, right.length);
  }

  @Test
  void movingTheHorizonMovesEventsFromSpeedToBatchAndChangesNoNumber() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(7), 800);
    Generation generation = layers.generation(0, RETENTION, sales);
    long before = Long.MAX_VALUE;
    for (long horizon = Sales.FIRST_EPOCH; horizon <= Sales.FIRST_EPOCH + 10; horizon += 5) {
      Version version = layers.version(horizon, horizon, sales);
      layers.publish(Optional.of(version), Optional.of(generation));
      try (LambdaClient client = client(NOW)) {
        Answer answer = client.queryAll(layers.view().name(), MIN, MAX);
        assertThat(Truth.answered(answer.rows()))
            .isEqualTo(Truth.of(sales, s -> List.of(s.shop()), horizon));
        assertThat(answer.events()).isEqualTo(sales.size());
        assertThat(answer.speedEvents()).isLessThan(before);
        before = answer.speedEvents();
        assertThat(answer.provenance().version()).contains(version);
        assertThat(answer.provenance().horizonEpoch()).isEqualTo(horizon);
        assertThat(answer.provenance().generation()).contains(generation);
      }
    }
    assertThat(before).isZero();
  }

  @Test
  void onlyTheSpeedLayerAnswersWhileThereIsNoVersion() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(8), 300);
    layers.publish(Optional.empty(), Optional.of(layers.generation(0, RETENTION, sales)));
    try (LambdaClient client = client(NOW)) {
      Answer answer = client.queryAll(layers.view().name(), MIN, MAX);
      assertThat(Truth.answered(answer.rows()))
          .isEqualTo(Truth.of(sales, s -> List.of(s.shop()), 0));
      assertThat(answer.speedShare()).isEqualTo(1);
      assertThat(answer.provenance().freshness()).isEqualTo(Instant.EPOCH);
    }
  }

  @Test
  void aSmallerTotalThatArrivesLaterIsNotSeen() throws Exception {
    Layers layers = layers("shop");
    Sale first = sale("Oslo", "2026-01-01T10:00:00Z", H, "1.00");
    Sale second = sale("Oslo", "2026-01-01T10:30:00Z", H, "2.00");
    Generation generation = layers.generation(H, RETENTION, List.of(first, second));
    layers.publish(Optional.of(layers.version(1, H, List.of())), Optional.of(generation));
    // A delayed write of the total before the second sale came.
    layers.speed(generation, List.of(first));
    try (LambdaClient client = client(NOW)) {
      MergedRow row = client.query(layers.view().name(), List.of("Oslo"), MIN, MAX).rows().get(0);
      assertThat(row.value("total")).isEqualTo(new BigDecimal("3.00"));
      assertThat(row.events()).isEqualTo(2);
    }
  }

  @Test
  void oneKeysRowsAreNeverAnothers() throws Exception {
    Layers layers = layers("clerk", "shop");
    List<Sale> sales = new ArrayList<>();
    for (long clerk : new long[] {Long.MIN_VALUE, -1, 0, 1, 255, 256, Long.MAX_VALUE}) {
      for (String shop : List.of("", "\u0000", "\u0000\u0000", "a", "a\u0000", "aa", "\u00ff")) {
        sales.add(
            new Sale(shop, clerk, false, BigDecimal.ONE.setScale(2), NOW, 0, sales.size(), H));
      }
    }
    layers.publish(
        Optional.of(layers.version(1, H + 1, sales)),
        Optional.of(layers.generation(H + 1, RETENTION, List.of())));
    try (LambdaClient client = client(NOW)) {
      for (Sale sale : sales) {
        List<MergedRow> rows =
            client.query(layers.view().name(), List.of(sale.clerk(), sale.shop()), MIN, MAX).rows();
        assertThat(rows).hasSize(1);
        assertThat(rows.get(0).key()).containsExactly(sale.clerk(), sale.shop());
        assertThat(rows.get(0).events()).isEqualTo(1);
      }
    }
  }

  @Test
  void windowsOfAllTimesAreReached() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales =
        List.of(
            sale("Oslo", "0001-01-01T00:00:00Z", H, "1.00"),
            sale("Oslo", "1969-12-31T23:59:59.999Z", H, "2.00"),
            sale("Oslo", "1970-01-01T00:00:00Z", H, "4.00"),
            sale("Oslo", "9999-12-31T23:59:59Z", H, "8.00"));
    layers.publish(
        Optional.of(layers.version(1, H, List.of())),
        Optional.of(layers.generation(H, RETENTION, sales)));
    try (LambdaClient client = client(NOW)) {
      assertThat(totals(client, layers, MIN, MAX)).containsExactly("1.00", "2.00", "4.00", "8.00");
      assertThat(totals(client, layers, MIN, Instant.EPOCH)).containsExactly("1.00", "2.00");
      assertThat(totals(client, layers, Instant.EPOCH, MAX)).containsExactly("4.00", "8.00");
      Instant before = Instant.parse("1969-12-31T23:00:00Z");
      assertThat(totals(client, layers, before, before.plusNanos(1))).containsExactly("2.00");
      assertThat(totals(client, layers, before.plusNanos(1), Instant.EPOCH)).isEmpty();
      assertThat(totals(client, layers, Instant.EPOCH, Instant.EPOCH)).isEmpty();
    }
  }

  private static List<String> totals(LambdaClient client, Layers layers, Instant from, Instant to)
      throws IOException {
    return client.query(layers.view().name(), List.of("Oslo"), from, to).rows().stream()
        .map(row -> row.value("total").toString())
        .toList();
  }

  @Test
  void aTableDroppedUnderACachedRowIsReadByTheNextOne() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(9), 200);
    Generation generation = layers.generation(0, RETENTION, sales);
    Version first = layers.version(1, H, sales);
    Version second = layers.version(2, H + 2, sales);
    layers.publish(Optional.of(first), Optional.of(generation));
    // The clock stands still, so the first row stays in the cache for good.
    try (LambdaClient client = client(NOW)) {
      assertThat(client.queryAll(layers.view().name(), MIN, MAX).provenance().version())
          .contains(first);
      layers.publish(Optional.of(second), Optional.of(generation));
      assertThat(client.queryAll(layers.view().name(), MIN, MAX).provenance().version())
          .as("the cache holds the first row")
          .contains(first);
      layers.drop(first);
      Answer answer = client.queryAll(layers.view().name(), MIN, MAX);
      assertThat(answer.provenance().version()).contains(second);
      assertThat(Truth.answered(answer.rows()))
          .isEqualTo(Truth.of(sales, s -> List.of(s.shop()), H + 2));
    }
  }

  @Test
  void readersAreRightWhileVersionsComeAndGo() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(10), 3000);
    Generation generation = layers.generation(0, RETENTION, sales);
    Version published = layers.version(1, Sales.FIRST_EPOCH, sales);
    layers.publish(Optional.of(published), Optional.of(generation));
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService readers = Executors.newFixedThreadPool(3);
    try (LambdaClient client = client(NOW, "lambda.read.cache", "0ms")) {
      Set<Long> versions = ConcurrentHashMap.newKeySet();
      List<Future<?>> reading = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        reading.add(readers.submit(reader(client, layers.view().name(), sales, stop, versions)));
      }
      for (int number = 2; number <= 6; number++) {
        Version next = layers.version(number, Sales.FIRST_EPOCH + number, sales);
        layers.publish(Optional.of(next), Optional.of(generation));
        // At once, which the clean-up never does: a read under way may meet it.
        layers.drop(published);
        published = next;
        // Readers may be slower than we are.
        Await.until(
            "a reader sees version " + number,
            Duration.ofMinutes(2),
            () -> {
              for (Future<?> reader : reading) {
                if (reader.isDone()) {
                  return true;
                }
              }
              return versions.contains(next.number());
            });
      }
      stop.set(true);
      for (Future<?> reader : reading) {
        reader.get();
      }
      assertThat(versions).contains(2L, 3L, 4L, 5L, 6L);
    } finally {
      stop.set(true);
      readers.shutdownNow();
    }
  }

  private static Callable<Void> reader(
      LambdaClient client, String view, List<Sale> sales, AtomicBoolean stop, Set<Long> versions) {
    return () -> {
      while (!stop.get()) {
        Answer answer = client.queryAll(view, MIN, MAX);
        versions.add(answer.provenance().version().orElseThrow().number());
        assertThat(Truth.answered(answer.rows()))
            .isEqualTo(Truth.of(sales, s -> List.of(s.shop()), answer.provenance().horizonEpoch()));
      }
      return null;
    };
  }

  @Test
  void aMissingTableThatStaysPublishedIsRefused() throws Exception {
    Layers layers = layers("shop");
    Version version = layers.version(1, H, List.of());
    layers.publish(Optional.of(version), Optional.of(layers.generation(H, RETENTION, List.of())));
    layers.drop(version);
    try (LambdaClient client = client(NOW)) {
      assertThatThrownBy(() -> client.query(layers.view().name(), List.of("Oslo"), MIN, MAX))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining(version.table())
          .hasMessageContaining("does not exist");
    }
  }

  @Test
  void aHorizonBeforeTheCoverageIsRefusedOrMarked() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales =
        List.of(
            sale("Oslo", "2026-01-01T10:00:00Z", H - 1, "1.00"),
            sale("Oslo", "2026-01-01T10:00:00Z", H, "2.00"),
            sale("Oslo", "2026-01-01T10:00:00Z", H + 2, "4.00"));
    Version version = layers.version(1, H, sales);
    Generation generation = layers.generation(H + 2, RETENTION, sales);
    layers.publish(Optional.of(version), Optional.of(generation));
    layers
        .store()
        .progress()
        .put(layers.view().name(), generation.number(), progress(NOW.toEpochMilli()));
    try (LambdaClient client = client(NOW)) {
      assertThatThrownBy(() -> client.query(layers.view().name(), List.of("Oslo"), MIN, MAX))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining(new Epoch(H, Sales.EPOCH).start().toString());
      Answer answer =
          client.query(layers.view().name(), List.of("Oslo"), MIN, MAX, Incomplete.ALLOW);
      assertThat(answer.complete()).isFalse();
      assertThat(answer.rows().get(0).value("total")).isEqualTo(new BigDecimal("5.00"));
      assertThat(answer.provenance().freshness())
          .as("whatever speed says, what lies before its coverage is missing")
          .isEqualTo(new Epoch(H, Sales.EPOCH).start());
    }
  }

  @Test
  void cellsThatMayHaveExpiredAreRefused() throws Exception {
    Layers layers = layers("shop");
    Version version = layers.version(1, H, List.of());
    Generation generation = layers.generation(H, WEEK, List.of());
    layers.publish(Optional.of(version), Optional.of(generation));
    Instant gone = new Epoch(H, Sales.EPOCH).end().plus(WEEK);
    try (LambdaClient early = client(gone.minusSeconds(11));
        LambdaClient late = client(gone)) {
      assertThat(early.query(layers.view().name(), List.of("Oslo"), MIN, MAX).complete()).isTrue();
      assertThatThrownBy(() -> late.query(layers.view().name(), List.of("Oslo"), MIN, MAX))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining("expired");
    }
  }

  @Test
  void cellsThatExpireDuringTheReadAreRefusedToo() throws Exception {
    Layers layers = layers("shop");
    layers.publish(
        Optional.of(layers.version(1, H, List.of())),
        Optional.of(layers.generation(H, WEEK, List.of())));
    Instant gone = new Epoch(H, Sales.EPOCH).end().plus(WEEK).minusSeconds(10);
    // Each look at this clock takes a second.
    Clock clock =
        new Clock() {
          private Instant now = gone.minusSeconds(4);

          @Override
          public java.time.ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }

          @Override
          public synchronized Instant instant() {
            now = now.plusSeconds(1);
            return now;
          }
        };
    try (LambdaClient client =
        LambdaClient.over(cluster.connection(), LambdaConfig.of(cluster.configuration()), clock)) {
      assertThatThrownBy(() -> client.query(layers.view().name(), List.of("Oslo"), MIN, MAX))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining("expired");
    }
  }

  @Test
  void aViewWithoutSpeedLayerIsIncompleteAndWholeUpToItsHorizon() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(11), 100);
    layers.publish(Optional.of(layers.version(1, H, sales)), Optional.empty());
    try (LambdaClient client = client(NOW)) {
      assertThatThrownBy(() -> client.queryAll(layers.view().name(), MIN, MAX))
          .isInstanceOf(HandoffException.class)
          .hasMessageContaining("start the speed job");
      Answer answer = client.queryAll(layers.view().name(), MIN, MAX, Incomplete.ALLOW);
      assertThat(Truth.answered(answer.rows()))
          .isEqualTo(
              Truth.of(
                  sales.stream().filter(s -> s.epoch() < H).toList(), s -> List.of(s.shop()), H));
      assertThat(answer.provenance().incompleteBecause()).isPresent();
      assertThat(answer.provenance().freshness()).isEqualTo(new Epoch(H, Sales.EPOCH).start());
    }
  }

  @Test
  void freshnessIsTheLaterOfHorizonAndProgressAndNeverLaterThanNow() throws Exception {
    Layers layers = layers("shop");
    Generation generation = layers.generation(H, RETENTION, List.of());
    layers.publish(Optional.of(layers.version(1, H, List.of())), Optional.of(generation));
    Instant horizon = new Epoch(H, Sales.EPOCH).start();
    assertThat(freshness(layers)).as("no progress yet").isEqualTo(horizon);

    PublishedTable store = layers.store();
    String view = layers.view().name();
    store
        .progress()
        .put(
            view,
            generation.number(),
            Map.of(0, new Progress.Applied(5, horizon.plusSeconds(90).toEpochMilli())));
    assertThat(freshness(layers)).as("two partitions are silent").isEqualTo(horizon);

    store
        .progress()
        .put(view, generation.number(), progress(horizon.minusSeconds(90).toEpochMilli()));
    assertThat(freshness(layers)).as("speed reads what batch has").isEqualTo(horizon);

    store
        .progress()
        .put(
            view,
            generation.number(),
            Map.of(
                0, new Progress.Applied(20, horizon.plusSeconds(70).toEpochMilli()),
                1, new Progress.Applied(20, horizon.plusSeconds(60).toEpochMilli()),
                2, new Progress.Applied(20, horizon.plusSeconds(80).toEpochMilli())));
    assertThat(freshness(layers)).as("the slowest partition").isEqualTo(horizon.plusSeconds(60));

    store
        .progress()
        .put(
            view,
            generation.number(),
            Map.of(
                0, new Progress.Applied(30, NOW.plusSeconds(70).toEpochMilli()),
                1, new Progress.Applied(30, NOW.plusSeconds(60).toEpochMilli()),
                2, new Progress.Applied(30, NOW.plusSeconds(80).toEpochMilli())));
    assertThat(freshness(layers)).as("brokers' clocks run ahead of ours").isEqualTo(NOW);
  }

  private static Map<Integer, Progress.Applied> progress(long logTime) {
    return Map.of(
        0, new Progress.Applied(10, logTime),
        1, new Progress.Applied(10, logTime),
        2, new Progress.Applied(10, logTime));
  }

  private Instant freshness(Layers layers) throws IOException {
    try (LambdaClient client = client(NOW)) {
      Provenance answered =
          client.query(layers.view().name(), List.of("Oslo"), MIN, MAX).provenance();
      assertThat(client.describe(layers.view().name()).provenance()).isEqualTo(answered);
      assertThat(answered.age()).isEqualTo(Duration.between(answered.freshness(), NOW));
      return answered.freshness();
    }
  }

  @Test
  void badQuestionsAreRefusedInOneLine() throws Exception {
    Layers layers = layers("clerk", "shop");
    layers.publish(
        Optional.of(layers.version(1, H, List.of())),
        Optional.of(layers.generation(H, RETENTION, List.of())));
    String view = layers.view().name();
    try (LambdaClient client = client(NOW)) {
      assertRefused(() -> client.query("sale", List.of(), MIN, MAX), "No view 'sale'", view);
      assertRefused(
          () -> client.query(view, List.of(1L), MIN, MAX), "2 parts", "clerk, shop", "found 1");
      assertRefused(
          () -> client.query(view, List.of(1L), MIN, MIN), "2 parts", "clerk, shop", "found 1");
      assertRefused(() -> client.query(view, List.of("x", "y"), MIN, MAX), "clerk", "LONG");
      assertRefused(() -> client.query(view, List.of(1.5, "y"), MIN, MAX), "clerk", "LONG");
      assertRefused(() -> client.query(view, Arrays.asList(1L, null), MIN, MAX), "shop", "null");
      assertRefused(
          () -> client.query(view, List.of(1L, "y"), NOW, NOW.minusNanos(1)), "from", "to", "swap");
      assertRefused(() -> client.queryAll(view, NOW, NOW.minusNanos(1)), "from", "to", "swap");
      assertThat(client.query(view, List.of(1, "y"), NOW, NOW).rows()).isEmpty();
      assertThat(client.queryAll(view, NOW, NOW).rows()).isEmpty();
      assertThat(client.views()).contains(view).isSorted();
    }
  }

  private static void assertRefused(Callable<?> question, String... parts) {
    assertThatThrownBy(question::call)
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains(parts)
        .doesNotContain("\n");
  }

  @Test
  void anAnswerWithTooManyRowsIsRefused() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(12), 500);
    int rows = Truth.of(sales, s -> List.of(s.shop()), H).size();
    layers.publish(
        Optional.of(layers.version(1, H, sales)),
        Optional.of(layers.generation(H, RETENTION, sales)));
    try (LambdaClient enough = client(NOW, "lambda.read.max-rows", Integer.toString(rows));
        LambdaClient less = client(NOW, "lambda.read.max-rows", Integer.toString(rows - 1))) {
      assertThat(enough.queryAll(layers.view().name(), MIN, MAX).rows()).hasSize(rows);
      assertRefused(
          () -> less.queryAll(layers.view().name(), MIN, MAX),
          "more than " + (rows - 1),
          "lambda.read.max-rows");
    }
  }

  @Test
  void aRowWithManyMoreWindowsThanAChunkIsWhole() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = new ArrayList<>();
    for (int hour = 0; hour < 2600; hour++) {
      Instant time = Instant.parse("2025-01-01T00:00:00Z").plus(Duration.ofHours(hour));
      long epoch = H + hour % 3 - 1;
      sales.add(new Sale("Oslo", hour, false, new BigDecimal("0.01"), time, 0, hour, epoch));
    }
    Collections.shuffle(sales, new Random(13));
    layers.publish(
        Optional.of(layers.version(1, H, sales)),
        Optional.of(layers.generation(H, RETENTION, sales)));
    try (LambdaClient client = client(NOW)) {
      Answer answer = client.query(layers.view().name(), List.of("Oslo"), MIN, MAX);
      assertThat(Truth.answered(answer.rows()))
          .hasSize(2600)
          .isEqualTo(Truth.of(sales, s -> List.of(s.shop()), H));
    }
  }

  @Test
  void aCellThatIsNoValueOfTheViewIsAFaultAndNotAnAnswer() throws Exception {
    Layers layers = layers("shop");
    Version version = layers.version(1, H, List.of());
    layers.publish(Optional.of(version), Optional.of(layers.generation(H, RETENTION, List.of())));
    byte[] row = RowKey.of(layers.view().shape(), List.of("Oslo"), Instant.EPOCH);
    try (Table table = cluster.connection().getTable(TableName.valueOf(version.table()))) {
      table.put(
          new Put(row).addColumn(Cell.batchFamily(), Cell.batchQualifier(), new byte[] {1, 2, 3}));
    }
    try (LambdaClient client = client(NOW)) {
      assertThatThrownBy(() -> client.query(layers.view().name(), List.of("Oslo"), MIN, MAX))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(layers.view().name());
    }
  }

  @Test
  void beforeAnythingIsPublishedTheLineSaysSo() throws Exception {
    try (Admin admin = cluster.connection().getAdmin()) {
      if (admin.tableExists(PublishedTable.NAME)) {
        admin.disableTable(PublishedTable.NAME);
        admin.deleteTable(PublishedTable.NAME);
      }
    }
    try (LambdaClient client = client(NOW)) {
      assertRefused(
          () -> client.query("sales", List.of("Oslo"), MIN, MAX),
          "'sales'",
          "nothing is published");
      assertThat(client.views()).isEmpty();
    }
  }

  @Test
  void anOpenedClientAnswersFromItsOwnConnection() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(14), 50);
    layers.publish(
        Optional.of(layers.version(1, H, sales)),
        Optional.of(layers.generation(H, RETENTION, sales)));
    try (LambdaClient client = LambdaClient.open(cluster.configuration())) {
      assertThat(Truth.answered(client.queryAll(layers.view().name(), MIN, MAX).rows()))
          .isEqualTo(Truth.of(sales, s -> List.of(s.shop()), H));
    }
    assertThat(cluster.connection().isClosed()).isFalse();
  }

  @Test
  void aClosedClientSaysSo() throws Exception {
    Layers layers = layers("shop");
    layers.publish(
        Optional.of(layers.version(1, H, List.of())),
        Optional.of(layers.generation(H, RETENTION, List.of())));
    LambdaClient client = client(NOW);
    client.close();
    client.close();
    assertThatThrownBy(() -> client.queryAll(layers.view().name(), MIN, MAX))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aReadThatTakesTooLongIsGivenUp() throws Exception {
    Layers layers = layers("shop");
    List<Sale> sales = Sales.random(new Random(15), 3000);
    layers.publish(
        Optional.of(layers.version(1, H, sales)),
        Optional.of(layers.generation(H, RETENTION, sales)));
    try (LambdaClient client = client(NOW, "lambda.read.timeout", "1ms")) {
      long start = System.nanoTime();
      assertThatThrownBy(() -> client.queryAll(layers.view().name(), MIN, MAX))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContainingAll("1 ms", "lambda.read.timeout");
      // HBase's own limit for a call is a minute.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(50));
    }
    try (LambdaClient client = client(NOW)) {
      assertThat(client.queryAll(layers.view().name(), MIN, MAX).events())
          .as("the connection is as good as before")
          .isEqualTo(sales.size());
    }
  }
}
