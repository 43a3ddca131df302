package dev.lambdastack.speed.source;

import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.speed.message.Contribution;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.Aggregate;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.avro.Schema;

class PreAggregateTest {
  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final EventType TYPE =
      EventType.of(
          "readings",
          new Schema.Parser()
              .parse(
                  """
                  {"type":"record","name":"Reading","namespace":"test","fields":[
                    {"name":"name","type":"string"},
                    {"name":"number","type":"long"},
                    {"name":"amount","type":"long"},
                    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}"""),
          "at",
          "name");
  private static final View BY_NAME = view("by_name", "name");
  private static final View BY_BOTH = view("by_both", "name", "number");

  /** By slot; the last has the keys of the first. */
  private static final List<View> VIEWS = List.of(BY_NAME, BY_BOTH, view("too", "name"));

  private static View view(String name, String... key) {
    return View.named(name)
        .over(TYPE)
        .keyedBy(key)
        .window(WINDOW)
        .metric("readings", count())
        .metric("amount", sum("amount"))
        .build();
  }

  private record Reading(String name, long number, long amount, long eventTime, long offset)
      implements Row {
    @Override
    public boolean isNull(int column) {
      return false;
    }

    @Override
    public long longAt(int column) {
      return column == 1 ? number : amount;
    }

    @Override
    public double doubleAt(int column) {
      throw new AssertionError("there is none");
    }

    @Override
    public byte[] utf8At(int column) {
      return name.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int partition() {
      return 0;
    }
  }

  /** A cell as a person would name it; of a view by name alone the number is none. */
  private record Cell(int slot, String name, Long number, Instant window, long epoch) {}

  private record Held(long events, long amount, long firstOffset) {}

  /** Against a plain map, over several fillings of one table, small ones and ones that grow. */
  @Property(tries = 60)
  void holdsWhatAPlainMapHolds(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 6000) int events) {
    Random random = new Random(seed);
    PreAggregate pending = new PreAggregate();
    BoundView[] views = VIEWS.stream().map(v -> v.bind(columns())).toArray(BoundView[]::new);
    for (int filling = 0; filling < 3; filling++) {
      int different = 1 + random.nextInt(3000);
      Map<Cell, Held> plain = new HashMap<>();
      long earliest = Long.MAX_VALUE;
      for (int i = 0; i < events; i++) {
        Reading reading = reading(random, different, i);
        long epoch = random.nextInt(3) - 1;
        for (int slot = 0; slot < views.length; slot++) {
          assertThat(views[slot].accepts(reading)).isTrue();
          views[slot].addTo(pending.at(slot, views[slot], epoch, 0, i));
          Cell cell =
              new Cell(
                  slot,
                  reading.name(),
                  slot == 1 ? (Long) reading.number() : null,
                  Instant.ofEpochMilli(Math.floorDiv(reading.eventTime(), 60_000L) * 60_000L),
                  epoch);
          plain.merge(
              cell,
              new Held(1, reading.amount(), i),
              (a, b) -> new Held(a.events() + 1, a.amount() + b.amount(), a.firstOffset()));
        }
        earliest = Math.min(earliest, epoch);
      }
      assertThat(pending.earliestEpoch()).isEqualTo(earliest);
      assertThat(pending.size()).isEqualTo(plain.size());
      Map<Cell, Held> found = new HashMap<>();
      pending.drainTo(
          contribution -> assertThat(found.put(cell(contribution), held(contribution))).isNull());
      assertThat(found).isEqualTo(plain);
      assertThat(pending.size()).isZero();
      assertThat(pending.earliestEpoch()).isEqualTo(Long.MAX_VALUE);
    }
  }

  private static List<String> columns() {
    return List.of("name", "number", "amount");
  }

  private static Reading reading(Random random, int different, long offset) {
    // Short names of few letters, some with the byte that row keys escape.
    String[] names = {"", "\0", "a", "a\0", "a\0b", "meter-0001", "meter-0002", "é"};
    int number = random.nextInt(different);
    return new Reading(
        names[number % names.length],
        number - different / 2L,
        random.nextInt(1000),
        (random.nextInt(4) - 2) * WINDOW.toMillis() + random.nextInt(60_000),
        offset);
  }

  private static Cell cell(Contribution contribution) {
    View view = VIEWS.get(contribution.id().slot());
    byte[] row = contribution.id().row();
    List<Object> key = RowKey.key(view.shape(), row);
    return new Cell(
        contribution.id().slot(),
        (String) key.get(0),
        key.size() == 1 ? null : (Long) key.get(1),
        Instant.ofEpochMilli(RowKey.windowStart(row)),
        contribution.epoch());
  }

  private static Held held(Contribution contribution) {
    View view = VIEWS.get(contribution.id().slot());
    Aggregate aggregate = view.shape().decode(contribution.aggregate());
    return new Held(
        aggregate.events(),
        ((BigDecimal) aggregate.values().get("amount")).longValueExact(),
        contribution.offset());
  }
}
