package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class RowKeyTest {
  private static final String[] COLUMNS = {"text", "whole", "money", "flag", "time", "other"};

  /** Text before whole and text at the end: a prefix must not run into what follows. */
  private static ViewShape shape(int saltBuckets, String... columns) {
    return View.named("keyed")
        .over(TestTypes.EVERYTHING)
        .keyedBy(columns)
        .window(Duration.ofMinutes(1))
        .saltBuckets(saltBuckets)
        .metric("n", Metric.count())
        .build()
        .shape();
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "",
            "\0",
            "\0\0",
            "a",
            "a\0",
            "a\0\0",
            "a\0b",
            "a\u0001",
            "ab",
            "é",
            "\u007F",
            "\u0080",
            "\u07FF",
            "\u0800",
            "\uD7FF",
            "\uE000",
            "\uFFFF",
            "\uD800\uDC00",
            "\uDBFF\uDFFF",
            "a\uFFFF",
            "a\uD83D\uDE00",
            "日本"),
        Arbitraries.strings().withChars('\0', '\u0001', 'a', '\u00FF', '\uFFFF').ofMaxLength(4));
  }

  private static Arbitrary<Long> longs() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            Long.MIN_VALUE,
            Long.MIN_VALUE + 1,
            -256L,
            -255L,
            -1L,
            0L,
            1L,
            255L,
            256L,
            Long.MAX_VALUE - 1,
            Long.MAX_VALUE),
        Arbitraries.longs());
  }

  @Provide
  Arbitrary<List<Object>> keys() {
    return Combinators.combine(
            texts(),
            longs(),
            longs().map(v -> BigDecimal.valueOf(v, 2)),
            Arbitraries.of(false, true),
            longs().map(Instant::ofEpochMilli),
            texts())
        .as((a, b, c, d, e, f) -> List.of(a, b, c, d, e, f));
  }

  @Provide
  Arbitrary<Long> windows() {
    return longs();
  }

  /** The order that a person expects: part by part, text by code points, then the window. */
  private static int compare(List<Object> a, long windowA, List<Object> b, long windowB) {
    for (int i = 0; i < a.size(); i++) {
      int order =
          a.get(i) instanceof String text
              ? Arrays.compare(
                  text.codePoints().toArray(), ((String) b.get(i)).codePoints().toArray())
              : compareValues(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Long.compare(windowA, windowB);
  }

  @SuppressWarnings("unchecked")
  private static int compareValues(Object a, Object b) {
    return ((Comparable<Object>) a).compareTo(b);
  }

  private static byte[] row(ViewShape shape, List<Object> key, long window) {
    return RowKey.withWindow(RowKey.prefix(shape, key), window);
  }

  private static byte[] withoutSalt(byte[] row) {
    return Arrays.copyOfRange(row, 1, row.length);
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void byteOrderIsLogicalOrder(
      @ForAll("keys") List<Object> a,
      @ForAll("keys") List<Object> b,
      @ForAll("windows") long windowA,
      @ForAll("windows") long windowB) {
    ViewShape shape = shape(16, COLUMNS);
    // Most random keys differ in the first part: make them differ late as well.
    for (int shared = 0; shared <= a.size(); shared++) {
      List<Object> other = new ArrayList<>(a.subList(0, shared));
      other.addAll(b.subList(shared, b.size()));
      int bytes =
          Arrays.compareUnsigned(
              withoutSalt(row(shape, a, windowA)), withoutSalt(row(shape, other, windowB)));
      assertThat(Integer.signum(bytes))
          .isEqualTo(Integer.signum(compare(a, windowA, other, windowB)));
    }
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void keysRoundTrip(@ForAll("keys") List<Object> key, @ForAll("windows") long window) {
    ViewShape shape = shape(256, COLUMNS);
    byte[] row = row(shape, key, window);
    assertThat(RowKey.key(shape, row)).isEqualTo(key);
    assertThat(RowKey.windowStart(row)).isEqualTo(window);
    assertThat(RowKey.of(shape, key, Instant.ofEpochMilli(window))).isEqualTo(row);
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void oneKeysWindowsStandTogether(
      @ForAll("keys") List<Object> a,
      @ForAll("keys") List<Object> b,
      @ForAll("windows") long early,
      @ForAll("windows") long between,
      @ForAll("windows") long late) {
    ViewShape shape = shape(1, COLUMNS);
    for (int shared = 0; shared < a.size(); shared++) {
      List<Object> other = new ArrayList<>(a.subList(0, shared));
      other.addAll(b.subList(shared, b.size()));
      if (other.equals(a)) {
        continue;
      }
      byte[] first = row(shape, a, Math.min(early, late));
      byte[] last = row(shape, a, Math.max(early, late));
      byte[] stranger = row(shape, other, between);
      boolean inside =
          Arrays.compareUnsigned(first, stranger) <= 0
              && Arrays.compareUnsigned(stranger, last) <= 0;
      assertThat(inside).as("%s inside the windows of %s", other, a).isFalse();
      byte[] prefix = RowKey.prefix(shape, a);
      assertThat(Arrays.mismatch(stranger, prefix)).isLessThan(prefix.length);
    }
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void anEventsRowKeyIsTheKeyAndWindowOfItsColumns(
      @ForAll("keys") List<Object> key, @ForAll long seed) {
    View view =
        View.named("keyed")
            .over(TestTypes.EVERYTHING)
            .keyedBy(COLUMNS)
            .window(Duration.ofMillis(7))
            .metric("n", Metric.count())
            .build();
    Random random = new Random(seed);
    List<String> columns = new ArrayList<>(view.columns());
    columns.add("whole_null");
    Collections.shuffle(columns, random);
    BoundView bound = view.bind(columns);
    for (int i = 0; i < 3; i++) {
      // The buffer is reused: a long key before a short one must leave nothing behind.
      long eventTime = random.nextInt(100) - 50L;
      TestEvent event = TestEvent.at(eventTime, 0, i);
      for (int c = 0; c < COLUMNS.length; c++) {
        Object value = i == 0 && key.get(c) instanceof String ? "long ".repeat(40) : key.get(c);
        event = event.with(COLUMNS[c], value);
      }
      List<Object> parts = Arrays.stream(COLUMNS).map(event::value).toList();
      assertThat(bound.accepts(event.row(columns))).isTrue();
      Instant window = Instant.ofEpochMilli(Math.floorDiv(eventTime, 7L) * 7);
      assertThat(bound.rowKey()).isEqualTo(RowKey.of(view.shape(), parts, window));
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void aSaltDependsOnTheKeyAndStaysBelowTheBuckets(
      @ForAll("keys") List<Object> key, @ForAll("windows") long window) {
    for (int buckets : new int[] {1, 2, 16, 255, 256}) {
      ViewShape shape = shape(buckets, COLUMNS);
      byte[] row = row(shape, key, window);
      assertThat(row[0] & 0xFF).isLessThan(buckets);
      assertThat(row[0]).isEqualTo(row(shape, key, 0)[0]);
    }
  }

  @Test
  void saltsSpreadKeysOverAllBuckets() {
    ViewShape shape = shape(16, "text");
    TreeSet<Byte> salts = new TreeSet<>();
    for (int i = 0; i < 200; i++) {
      salts.add(RowKey.prefix(shape, List.of("customer " + i))[0]);
    }
    assertThat(salts).hasSize(16);
  }

  @Test
  void aViewWithoutKeyHasOneRowForEachWindow() {
    ViewShape shape = shape(16);
    byte[] row = RowKey.of(shape, List.of(), Instant.ofEpochMilli(5));
    assertThat(row).hasSize(1 + RowKey.WINDOW_BYTES);
    assertThat(RowKey.key(shape, row)).isEmpty();
  }

  @Test
  void windowsBeginAtOrBeforeTheEventAlsoBefore1970() {
    ViewShape shape = shape(1);
    assertThat(shape.windowStart(0)).isZero();
    assertThat(shape.windowStart(59_999)).isZero();
    assertThat(shape.windowStart(60_000)).isEqualTo(60_000);
    assertThat(shape.windowStart(-1)).isEqualTo(-60_000);
    assertThat(shape.windowStart(-60_000)).isEqualTo(-60_000);
  }

  @Test
  void aKeyWithTheWrongNumberOfPartsIsRefused() {
    assertRefused(
        shape(16, "text", "whole"),
        List.of("a"),
        "A key of view keyed has 2 parts (text, whole), found 1: [a]");
    assertRefused(
        shape(16, "text"), List.of(), "A key of view keyed has 1 part (text), found 0: []");
  }

  @Test
  void aKeyPartOfTheWrongTypeIsRefusedAndNeverRounded() {
    assertRefused(
        shape(16, "text"), List.of(5L), "Cannot use 5 (Long) as key part 'text': expected STRING");
    assertRefused(
        shape(16, "whole"),
        List.of(1.5),
        "Cannot use 1.5 (Double) as key part 'whole': expected LONG");
    assertRefused(
        shape(16, "whole"),
        List.of(new BigDecimal("1.5")),
        "Cannot use 1.5 (BigDecimal) as key part 'whole': expected LONG");
    assertRefused(
        shape(16, "money"),
        List.of(new BigDecimal("0.001")),
        "Cannot use 0.001 (BigDecimal) as key part 'money': expected DECIMAL of scale 2");
    assertRefused(
        shape(16, "money"),
        List.of(new BigDecimal("1e30")),
        "Cannot use 1E+30 (BigDecimal) as key part 'money': expected DECIMAL of scale 2");
    assertRefused(
        shape(16, "time"),
        List.of(5L),
        "Cannot use 5 (Long) as key part 'time': expected TIMESTAMP");
    assertRefused(
        shape(16, "flag"),
        List.of("true"),
        "Cannot use true (String) as key part 'flag': expected BOOLEAN");
    assertRefused(
        shape(16, "text"),
        Collections.singletonList(null),
        "Cannot use null as key part 'text': expected STRING; keys are never null");
  }

  @Test
  void numbersOfEqualValueAreOneKey() {
    ViewShape whole = shape(16, "whole");
    assertThat(RowKey.prefix(whole, List.of(7))).isEqualTo(RowKey.prefix(whole, List.of(7L)));
    ViewShape money = shape(16, "money");
    assertThat(RowKey.prefix(money, List.of(new BigDecimal("7.5"))))
        .isEqualTo(RowKey.prefix(money, List.of(new BigDecimal("7.500"))));
  }

  /** Whatever columns of an event are the key, and whatever bytes they hold. */
  @Test
  void theLongestKeyOfAnEventFitsHBase() {
    String nuls = "\0".repeat(RowKey.MAX_TEXT_BYTES);
    String[] keys = new String[RowKey.MAX_COLUMNS];
    Object[] parts = new Object[keys.length];
    Arrays.fill(parts, 1L);
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < keys.length; i++) {
      keys[i] = "c" + i;
      fields.append(
          String.format(
              Locale.ROOT, ",{\"name\":\"c%d\",\"type\":\"%s\"}", i, i == 0 ? "string" : "long"));
    }
    parts[0] = nuls;
    ViewShape widest = wide(fields.toString(), keys).shape();
    byte[] row = RowKey.of(widest, List.of(parts), Instant.EPOCH);
    assertThat(row).hasSizeBetween(RowKey.MAX_BYTES - 500, RowKey.MAX_BYTES - 200);
    assertThat(RowKey.key(widest, row)).containsExactly(parts);
    String[] tooMany = Arrays.copyOf(keys, keys.length + 1);
    tooMany[keys.length] = "c" + keys.length;
    String oneMore =
        fields + String.format(Locale.ROOT, ",{\"name\":\"c%d\",\"type\":\"long\"}", keys.length);
    assertThatThrownBy(() -> wide(oneMore, tooMany))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("Cannot build view keyed: expected at most 64 key columns, found 65");
  }

  private static View wide(String fields, String... keys) {
    Schema schema =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"Wide\",\"fields\":[{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}}"
                    + fields
                    + "]}");
    return View.named("keyed")
        .over(EventType.of("wide", schema, "at", "at"))
        .keyedBy(keys)
        .window(Duration.ofMinutes(1))
        .metric("n", Metric.count())
        .build();
  }

  @Test
  void aKeyThatNoRowHasIsRefused() {
    ViewShape shape = shape(16, "text");
    int longest = RowKey.MAX_BYTES - 1 - 2 - RowKey.WINDOW_BYTES;
    assertThat(RowKey.of(shape, List.of("a".repeat(longest)), Instant.EPOCH))
        .hasSize(RowKey.MAX_BYTES);
    assertRefused(
        shape,
        List.of("a".repeat(longest + 1)),
        "A key of view keyed has too many bytes: expected a row key of at most 32767, found 32768; no event has such a key");
  }

  private static void assertRefused(ViewShape shape, List<?> key, String message) {
    assertThatThrownBy(() -> RowKey.prefix(shape, key))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  @Test
  void typedPartsAreRead() {
    for (Tuple.Tuple3<String, String, Object> good :
        List.<Tuple.Tuple3<String, String, Object>>of(
            Tuple.of("text", " a,b ", " a,b "),
            Tuple.of("whole", "-12", -12L),
            Tuple.of("money", "1.5", new BigDecimal("1.50")),
            Tuple.of("flag", "false", false),
            Tuple.of("time", "2026-01-31T12:00:00Z", Instant.parse("2026-01-31T12:00:00Z")))) {
      assertThat(RowKey.parsePart(TestTypes.EVERYTHING.column(good.get1()), good.get2()))
          .isEqualTo(good.get3());
    }
    for (Tuple.Tuple3<String, String, String> bad :
        List.of(
            Tuple.of("whole", "1.0", "a whole number"),
            Tuple.of("whole", "9223372036854775808", "a whole number"),
            Tuple.of("money", "1.005", "a number with at most 2 digits after the point"),
            Tuple.of("money", "1e100000000", "a number with at most 2 digits after the point"),
            Tuple.of("money", "1e-100000000", "a number with at most 2 digits after the point"),
            Tuple.of("text", "lone\ud800x", "text of whole characters"),
            Tuple.of("flag", "TRUE", "true or false"),
            Tuple.of("time", "yesterday", "an instant such as 2026-01-31T12:00:00Z"))) {
      assertThatThrownBy(
              () -> RowKey.parsePart(TestTypes.EVERYTHING.column(bad.get1()), bad.get2()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(
              "Cannot read '%s' as key part '%s': expected %s"
                  .formatted(bad.get2(), bad.get1(), bad.get3()));
    }
  }

  /** What finds a row without making its key agrees with the keys, whatever is in them. */
  @Property(tries = 100)
  void rowsAreFoundByTheirHashAndTheirPartsAsByTheirKeys(@ForAll long seed) {
    View view =
        View.named("found")
            .over(TestTypes.EVERYTHING)
            .keyedBy("text", "whole", "flag")
            .window(Duration.ofMillis(2))
            .metric("n", Metric.count())
            .build();
    BoundView bound = view.bind(view.columns());
    List<byte[]> rows = new ArrayList<>();
    List<Integer> hashes = new ArrayList<>();
    List<TestEvent> events = EventArbitraries.events(new Random(seed), 60, 4, 0);
    for (TestEvent event : events) {
      assertThat(bound.accepts(event.row(view.columns()))).isTrue();
      rows.add(bound.rowKey());
      hashes.add(bound.rowHash());
    }
    for (int i = 0; i < events.size(); i++) {
      assertThat(bound.accepts(events.get(i).row(view.columns()))).isTrue();
      int hash = bound.rowHash();
      for (int j = 0; j < rows.size(); j++) {
        boolean same = Arrays.equals(rows.get(i), rows.get(j));
        assertThat(bound.isRow(rows.get(j))).isEqualTo(same);
        assertThat(!same || hash == hashes.get(j)).isTrue();
      }
    }
  }
}
