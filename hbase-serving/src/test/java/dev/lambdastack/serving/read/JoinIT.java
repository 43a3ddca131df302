package dev.lambdastack.serving.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.serving.store.DimensionStore;
import dev.lambdastack.serving.store.DimensionStore.Change;
import dev.lambdastack.serving.testing.Layers;
import dev.lambdastack.serving.testing.Sale;
import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.serving.testing.TestingHBase;
import dev.lambdastack.serving.testing.TestingHBase.Cluster;
import dev.lambdastack.serving.testing.Truth;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Views that are joined to a dimension when they are read, on a real HBase. */
@ExtendWith(TestingHBase.class)
class JoinIT {
  private static final Duration RETENTION = Duration.ofDays(24_000);
  private static final Instant NOW = new Epoch(Sales.FIRST_EPOCH + 11, Sales.EPOCH).start();
  private static final List<String> COLUMNS = List.of("team", "city");
  private static final List<String> TEAMS = List.of("red", "blue", "", "grün", "unknown");

  private static int names;

  private final Cluster cluster;
  private final DimensionStore dimensions;
  private final String dimension = "staff-" + ++names;

  JoinIT(Cluster cluster) {
    this.cluster = cluster;
    this.dimensions = new DimensionStore(cluster.connection());
  }

  private LambdaClient client(String... settings) {
    Configuration conf = cluster.configuration();
    for (int i = 0; i < settings.length; i += 2) {
      conf.set(settings[i], settings[i + 1]);
    }
    return LambdaClient.over(
        cluster.connection(), LambdaConfig.of(conf), Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private Layers layers(String... keys) throws IOException {
    return new Layers(cluster.connection(), Sales.joined("joined_" + ++names, dimension, keys));
  }

  /** A dimension as its topic says it: the newest record of each clerk counts. */
  private static final class Staff {
    private final Map<Long, String> teams = new HashMap<>();
    private final Set<Long> known = new HashSet<>();
    private long offset;

    /** Some records at random: new teams, no team, tombstones. */
    List<Change> change(Random random, int count) {
      List<Change> changes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        long clerk = random.nextInt(30) - 20;
        int kind = random.nextInt(8);
        Map<String, String> attributes = new HashMap<>();
        if (kind > 1) {
          attributes.put("team", TEAMS.get(random.nextInt(TEAMS.size())));
        }
        if (kind > 0) {
          attributes.put("city", "Oslo");
        }
        teams.put(clerk, attributes.get("team"));
        if (kind == 0) {
          known.remove(clerk);
        } else {
          known.add(clerk);
        }
        changes.add(
            new Change(
                Long.toString(clerk),
                offset++,
                kind == 0 ? Optional.empty() : Optional.of(attributes)));
      }
      return changes;
    }

    String team(Sale sale) {
      String team = teams.get(sale.clerk());
      return team == null ? "unknown" : team;
    }
  }

  @Test
  void everyEventIsUnderOneKeyWhateverTheDimensionWasWhenItWasWritten() throws Exception {
    int answers = 0;
    int changedAnswers = 0;
    for (long seed = 1; seed <= 6; seed++) {
      Random random = new Random(seed);
      boolean two = seed % 2 == 0;
      Layers layers = two ? layers("shop", "clerk") : layers("clerk");
      String view = layers.view().name();
      List<Sale> sales = Sales.random(random, 1 + random.nextInt(1200));
      long horizon = Sales.FIRST_EPOCH + random.nextInt(12) - 1;
      Generation generation = layers.generation(0, RETENTION, sales);
      layers.publish(Optional.of(layers.version(1, horizon, sales)), Optional.of(generation));
      long load = dimensions.open(dimension, COLUMNS);
      Staff staff = new Staff();
      List<Change> written = new ArrayList<>();
      Map<Truth.Cell, Truth.Numbers> before = Map.of();
      for (int step = 0; step < 4; step++) {
        List<Change> changes = staff.change(random, random.nextInt(60));
        // In any order, some for the second time, old ones among them: as after restarts.
        written.addAll(changes);
        List<Change> delivered = new ArrayList<>(changes);
        for (int i = 0; i < 20 && !written.isEmpty(); i++) {
          delivered.add(written.get(random.nextInt(written.size())));
        }
        Collections.shuffle(delivered, random);
        dimensions.put(dimension, load, COLUMNS, delivered);
        assertThat(dimensions.whole(dimension, load, NOW.plusMillis(step))).isTrue();
        // The speed job is restored and writes its totals again, now under the changed dimension.
        layers.speed(generation, sales);

        Function<Sale, List<Object>> key =
            s -> two ? List.of(s.shop(), staff.team(s)) : List.of(staff.team(s));
        Map<Truth.Cell, Truth.Numbers> truth = Truth.of(sales, key, horizon);
        try (LambdaClient client = client()) {
          Answer all = client.queryAll(view, Instant.MIN, Instant.MAX);
          assertThat(Truth.answered(all.rows())).as("seed %d step %d", seed, step).isEqualTo(truth);
          assertThat(all.events()).isEqualTo(sales.size());
          long unknown = sales.stream().filter(s -> staff.teams.get(s.clerk()) == null).count();
          assertThat(all.joined().orElseThrow().unknownEvents()).isEqualTo(unknown);
          assertThat(all.joined().orElseThrow().withoutId())
              .isEqualTo(sales.stream().filter(s -> !staff.known.contains(s.clerk())).count());
          assertThat(all.joined().orElseThrow().dimensions())
              .isEqualTo(Map.of(dimension, NOW.plusMillis(step)));
          Set<List<Object>> keys = new HashSet<>();
          truth.keySet().forEach(cell -> keys.add(cell.key()));
          keys.add(two ? List.of("Oslo", "nobody") : List.of("nobody"));
          for (List<Object> one : keys) {
            Instant from = NOW.minusSeconds(random.nextInt(4 * 86_400));
            Instant to = from.plusSeconds(random.nextInt(3 * 86_400));
            assertThat(Truth.answered(client.query(view, one, from, to).rows()))
                .as("seed %d step %d key %s", seed, step, one)
                .isEqualTo(Truth.part(truth, one, from, to));
            answers++;
          }
        }
        changedAnswers += truth.equals(before) ? 0 : 1;
        before = truth;
      }
    }
    System.out.printf(
        "JoinIT: %d answers by key, the dimension changed the whole answer %d times%n",
        answers, changedAnswers);
    assertThat(changedAnswers).isGreaterThan(6);
  }

  @Test
  void answersShowTheAttributeInPlaceOfTheId() throws Exception {
    Layers layers = layers("shop", "clerk");
    layers.publish(
        Optional.empty(),
        Optional.of(layers.generation(0, RETENTION, Sales.random(new Random(1), 3))));
    dimensions.whole(dimension, dimensions.open(dimension, COLUMNS), NOW);
    try (LambdaClient client = client()) {
      assertThat(client.describe(layers.view().name()).shape().keyColumns())
          .extracting(Column::name)
          .containsExactly("shop", "team");
      assertThat(
              client.queryAll(layers.view().name(), Instant.MIN, Instant.MAX).shape().keyColumns())
          .extracting(Column::name)
          .containsExactly("shop", "team");
      assertThatThrownBy(
              () ->
                  client.query(layers.view().name(), List.of("Oslo", 7L), Instant.MIN, Instant.MAX))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("key part 'team'");
    }
  }

  @Test
  void aDimensionThatIsNotLoadedIsSaidAndNotTakenForAnEmptyOne() throws Exception {
    Layers layers = layers("clerk");
    String view = layers.view().name();
    layers.publish(
        Optional.empty(),
        Optional.of(layers.generation(0, RETENTION, Sales.random(new Random(1), 3))));
    try (LambdaClient client = client("lambda.read.max-rows", "5")) {
      assertRefused(client, view, "dimension %s was never loaded".formatted(dimension));
      long load = dimensions.open(dimension, List.of("city"));
      dimensions.put(dimension, load, List.of("city"), List.of());
      assertRefused(client, view, "was never loaded");
      dimensions.whole(dimension, load, NOW);
      assertRefused(client, view, "was loaded without 'team' (it has city)");
      load = dimensions.open(dimension, COLUMNS);
      List<Change> six = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        six.add(new Change("" + i, i, Map.of("team", "red")));
      }
      dimensions.put(dimension, load, COLUMNS, six);
      dimensions.whole(dimension, load, NOW);
      assertRefused(client, view, "has more than 5 rows");
    }
  }

  private static void assertRefused(LambdaClient client, String view, String why) {
    assertThatThrownBy(() -> client.queryAll(view, Instant.MIN, Instant.MAX))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aLaterLoadTakesOverWhenItIsWholeAndTheOneBeforeStaysForItsReaders() throws Exception {
    List<Change> red = List.of(new Change("1", 900, Map.of("team", "red")));
    List<Change> blue = List.of(new Change("1", 3, Map.of("team", "blue")));
    long first = dimensions.open(dimension, COLUMNS);
    dimensions.put(dimension, first, COLUMNS, red);
    assertThat(dimensions.find(dimension)).isEmpty();
    dimensions.whole(dimension, first, NOW);
    long second = dimensions.open(dimension, COLUMNS);
    // Of a topic that was made again: its offsets begin anew.
    dimensions.put(dimension, second, COLUMNS, blue);
    assertThat(team()).isEqualTo("red");
    assertThat(dimensions.whole(dimension, second, NOW)).isTrue();
    assertThat(team()).isEqualTo("blue");
    assertThat(dimensions.whole(dimension, first, NOW.plusMillis(1)))
        .as("the first load learns that it was overtaken")
        .isFalse();
    assertThat(team()).isEqualTo("blue");
    assertThat(tables()).hasSize(2);
    long third = dimensions.open(dimension, COLUMNS);
    dimensions.whole(dimension, third, NOW);
    assertThat(tables())
        .containsExactlyInAnyOrder(
            DimensionStore.table(dimension, second), DimensionStore.table(dimension, third));
    assertThatThrownBy(() -> dimensions.put(dimension, first, COLUMNS, red))
        .isInstanceOf(TableNotFoundException.class);
  }

  private String team() throws IOException {
    return dimensions
        .attributes(dimensions.find(dimension).orElseThrow().table(), List.of("team"), 10)
        .get("team")
        .get("1")
        .orElseThrow();
  }

  private List<TableName> tables() throws IOException {
    try (Admin admin = cluster.connection().getAdmin()) {
      return List.of(admin.listTableNames()).stream()
          .filter(t -> t.getQualifierAsString().startsWith("dim." + dimension + ".l"))
          .toList();
    }
  }
}
