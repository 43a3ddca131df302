package dev.lambdastack.views;

import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.aggregate.DistinctSketch;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.LostOffsets;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The bytes that tables hold, pinned here and shown in docs/row-key.md. A change here makes every
 * table of every installation unreadable: it needs a new layout byte.
 */
class GoldenBytesTest {
  private static final Path PAGE = Path.of("..", "docs", "row-key.md");
  private static final Instant WINDOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final Duration EPOCH = Duration.ofMinutes(10);

  private static final Map<String, String> GOLDEN =
      golden(
          """
          key: text purchase = 02707572636861736500008000019c13ec9e00
          key: text empty = 0f00008000019c13ec9e00
          key: text a, NUL, b = 036100ff6200008000019c13ec9e00
          key: text U+1F600 = 00f09f988000008000019c13ec9e00
          key: whole -1 = 067fffffffffffffff8000019c13ec9e00
          key: whole 0 = 0380000000000000008000019c13ec9e00
          key: whole 42 = 05800000000000002a8000019c13ec9e00
          key: whole least = 0900000000000000008000019c13ec9e00
          key: whole greatest = 0cffffffffffffffff8000019c13ec9e00
          key: money -0.01 = 067fffffffffffffff8000019c13ec9e00
          key: flag true = 0b018000019c13ec9e00
          key: time 1969-12-31T23:59:59.999Z = 067fffffffffffffff8000019c13ec9e00
          key: text a and whole 42 = 08610000800000000000002a8000019c13ec9e00
          key: none = 008000019c13ec9e00
          cell: batch family = 62
          cell: batch qualifier = 76
          cell: speed family = 73
          cell: speed qualifier of epoch 2949768 = 00000000002d0288
          cell: batch timestamp of horizon 2949768 = 0000019c13ec9e00
          cell: speed timestamp of epoch 2949768, 3 events = 0000019c13f5c5c3
          value: count of 3 events = 0100000000000000030000000000000003
          value: sum of 1.00 and -1.01 = 010000000000000002000000000000000201ff
          value: sum past a long = 010000000000000002000000000000000209008000000000000000
          value: avg of 1 and 2 = 01000000000000000200000000000000020103
          value: min of 5 and -5 = 01000000000000000201fffffffffffffffb
          value: max of 1.5 and -1.5 = 010000000000000002013ff8000000000000
          value: min of -1.5 = 01000000000000000101c007ffffffffffff
          value: min of nothing but null = 01000000000000000100
          value: distinct of a, b, a = 010000000000000003000002f6020f0aa43b822f69cb8f136c80ff0a
          value: distinct of 1, 2 = 0100000000000000020000020b430d7b96fbf22b3d3ae10225f92f86
          value: latest text abc = 0100000000000000020100000000000003e800000002000000000000000800000003616263
          value: latest whole 42 = 0100000000000000010100000000000003e8000000020000000000000007000000000000002a
          value: latest of nothing but null = 01000000000000000100
          """);

  /** SHA-256 of the value of distinct over 0 to 512: the dense form, too long to show. */
  private static final String DENSE =
      "2a94b01775c25faea644e463391289b9243896457cc8e5f755e09910d728e1fd";

  private static byte[] key(List<String> columns, Object... parts) {
    ViewShape shape =
        View.named("golden")
            .over(TestTypes.EVERYTHING)
            .keyedBy(columns.toArray(String[]::new))
            .window(Duration.ofMinutes(1))
            .metric("n", count())
            .build()
            .shape();
    return RowKey.of(shape, List.of(parts), WINDOW);
  }

  private static byte[] value(Metric metric, TestEvent... events) {
    return TestTypes.aggregate(TestTypes.of(metric), List.of(events)).toBytes();
  }

  private static TestEvent[] with(String column, Object... values) {
    List<TestEvent> events = new ArrayList<>();
    for (Object value : values) {
      events.add(TestEvent.at(1_000, 2, 7 + events.size()).with(column, value));
    }
    return events.toArray(TestEvent[]::new);
  }

  static Map<String, byte[]> made() {
    Map<String, byte[]> made = new LinkedHashMap<>();
    made.put("key: text purchase", key(List.of("text"), "purchase"));
    made.put("key: text empty", key(List.of("text"), ""));
    made.put("key: text a, NUL, b", key(List.of("text"), "a\0b"));
    made.put("key: text U+1F600", key(List.of("text"), "\uD83D\uDE00"));
    made.put("key: whole -1", key(List.of("whole"), -1L));
    made.put("key: whole 0", key(List.of("whole"), 0L));
    made.put("key: whole 42", key(List.of("whole"), 42L));
    made.put("key: whole least", key(List.of("whole"), Long.MIN_VALUE));
    made.put("key: whole greatest", key(List.of("whole"), Long.MAX_VALUE));
    made.put("key: money -0.01", key(List.of("money"), new BigDecimal("-0.01")));
    made.put("key: flag true", key(List.of("flag"), true));
    made.put("key: time 1969-12-31T23:59:59.999Z", key(List.of("time"), Instant.ofEpochMilli(-1)));
    made.put("key: text a and whole 42", key(List.of("text", "whole"), "a", 42L));
    made.put("key: none", key(List.of()));
    made.put("cell: batch family", Cell.batchFamily());
    made.put("cell: batch qualifier", Cell.batchQualifier());
    made.put("cell: speed family", Cell.speedFamily());
    made.put("cell: speed qualifier of epoch 2949768", Cell.speedQualifier(2_949_768));
    made.put(
        "cell: batch timestamp of horizon 2949768",
        bigEndian(Cell.batchTimestamp(2_949_768, EPOCH)));
    made.put(
        "cell: speed timestamp of epoch 2949768, 3 events",
        bigEndian(Cell.speedTimestamp(2_949_768, EPOCH, 3)));
    made.put("value: count of 3 events", value(count(), with("whole", 1L, 2L, 3L)));
    made.put(
        "value: sum of 1.00 and -1.01",
        value(sum("money"), with("money", new BigDecimal("1.00"), new BigDecimal("-1.01"))));
    made.put("value: sum past a long", value(sum("whole"), with("whole", Long.MAX_VALUE, 1L)));
    made.put("value: avg of 1 and 2", value(avg("whole"), with("whole", 1L, 2L)));
    made.put("value: min of 5 and -5", value(min("whole"), with("whole", 5L, -5L)));
    made.put("value: max of 1.5 and -1.5", value(max("real"), with("real", 1.5, -1.5)));
    made.put("value: min of -1.5", value(min("real"), with("real", -1.5)));
    made.put(
        "value: min of nothing but null",
        value(min("whole_null"), with("whole_null", (Object) null)));
    made.put("value: distinct of a, b, a", value(distinct("text"), with("text", "a", "b", "a")));
    made.put("value: distinct of 1, 2", value(distinct("whole"), with("whole", 1L, 2L)));
    made.put("value: latest text abc", value(latest("text"), with("text", "x", "abc")));
    made.put("value: latest whole 42", value(latest("whole"), with("whole", 42L)));
    made.put(
        "value: latest of nothing but null",
        value(latest("text_null"), with("text_null", (Object) null)));
    return made;
  }

  private static Map<String, String> golden(String text) {
    Map<String, String> golden = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line ->
                golden.put(
                    line.substring(0, line.indexOf(" = ")),
                    line.substring(line.indexOf(" = ") + 3)));
    return golden;
  }

  private static byte[] bigEndian(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static Map<String, String> madeInHex() {
    Map<String, String> hex = new LinkedHashMap<>();
    made().forEach((name, bytes) -> hex.put(name, HexFormat.of().formatHex(bytes)));
    return hex;
  }

  @Test
  void bytesAreWhatTheyAlwaysWere() {
    assertThat(madeInHex()).containsExactlyEntriesOf(GOLDEN);
  }

  @Test
  void aDenseSketchIsWhatItAlwaysWas() {
    Object[] many = new Object[DistinctSketch.MAX_EXACT + 1];
    Arrays.setAll(many, i -> (long) i);
    byte[] value = value(distinct("whole"), with("whole", many));
    assertThat(value).hasSize(1 + 8 + 1 + 4096).startsWith(1, 0, 0, 0, 0, 0, 0, 2, 1, 1);
    assertThat(sha256(value)).isEqualTo(DENSE);
  }

  @Test
  void aPublishedRowIsWhatItAlwaysWas() {
    assertThat(TestRows.published().toJson()).isEqualTo(TestRows.PUBLISHED_JSON);
  }

  /** Older versions have no origin; they are read all the same. */
  @Test
  void aVersionWithItsOriginIsWhatItAlwaysWas() {
    Version old = TestRows.version(3, "f0", 12, Map.of(0, 40L));
    assertThat(Version.fromJson(old.toJson())).isEqualTo(old);
    assertThat(old.toJson()).doesNotContain("origin");
    Version version = old.with(TestRows.ORIGIN);
    assertThat(version.toJson())
        .isEqualTo(old.toJson().replaceFirst("}$", ",\"origin\":" + TestRows.ORIGIN_JSON + "}"));
    assertThat(Version.fromJson(version.toJson())).isEqualTo(version);
  }

  @Test
  void theCountsOfAVersionAreWhatTheyAlwaysWere() {
    Version whole = TestRows.version(3, "f0", 12, Map.of(0, 40L));
    LostOffsets lost = LostOffsets.NONE.with(1, 2, 5);
    Version version = whole.with(new Version.Counts(345, 6789, lost, 17, 29));

    assertThat(version.toJson())
        .isEqualTo(
            whole
                .toJson()
                .replace(
                    "\"events\":6789",
                    "\"events\":6789,\"lost\":3,\"lostOffsets\":{\"1\":[[2,5]]},\"rejected\":17,\"setAside\":29"));
    assertThat(Version.fromJson(version.toJson())).isEqualTo(version);
  }

  @Test
  void thePageShowsTheseBytes() throws IOException {
    String page = Files.readString(PAGE);
    Map<String, String> shown = new LinkedHashMap<>();
    Matcher row =
        Pattern.compile(
                "^\\| `((?:key|cell|value): [^`]*)` \\| `([0-9a-f ]+)` \\|", Pattern.MULTILINE)
            .matcher(page);
    while (row.find()) {
      assertThat(shown.put(row.group(1), row.group(2).replace(" ", ""))).isNull();
    }
    assertThat(shown).containsExactlyEntriesOf(madeInHex());
    assertThat(page).contains(DENSE).contains("\n" + TestRows.published().toJson() + "\n");
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
