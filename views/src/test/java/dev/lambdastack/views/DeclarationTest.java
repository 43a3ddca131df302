package dev.lambdastack.views;

import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What the contract refuses, each with one line that says what is wrong and what to do. */
class DeclarationTest {
  private static View.Builder view() {
    return View.named("v").over(TestTypes.EVERYTHING).window(Duration.ofMinutes(1));
  }

  private static void assertRefused(ThrowingCallable declaration, String message) {
    assertThatThrownBy(declaration).isInstanceOf(InvalidInputException.class).hasMessage(message);
    assertThat(message).doesNotContain("\n");
  }

  /** Else the speed layer would answer what no archive can hold. */
  @Test
  void anEventThatNoFileCanHoldIsRefusedWhenAViewReadsIt() {
    Schema empty = Schema.createRecord("Empty", null, "shop", false, List.of());
    Schema schema =
        SchemaBuilder.record("Event")
            .fields()
            .name("made")
            .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
            .noDefault()
            .name("more")
            .type(SchemaBuilder.unionOf().nullType().and().type(empty).endUnion())
            .noDefault()
            .endRecord();
    EventType type = EventType.of("events", schema, "made", "made");
    assertThatThrownBy(() -> View.named("counts").over(type))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            "Cannot read topic events: field 'more' is a record without fields (Empty)");
  }

  @Test
  void tenLinesMakeAView() {
    View view =
        View.named("daily_sales")
            .over(TestTypes.EVERYTHING)
            .keyedBy("text")
            .window(Duration.ofDays(1))
            .where("other", is("purchase"))
            .metric("orders", count())
            .metric("revenue", sum("money"))
            .metric("customers", distinct("whole"))
            .build();
    assertThat(view.name()).isEqualTo("daily_sales");
    assertThat(view.columns()).containsExactly("text", "other", "money", "whole");
    assertThat(view.eventType()).isSameAs(TestTypes.EVERYTHING);
    assertThat(view.shape().keyColumns()).extracting(Column::name).containsExactly("text");
    assertThat(view.shape().saltBuckets()).isEqualTo(View.DEFAULT_SALT_BUCKETS);
    assertThat(view).hasToString("daily_sales@" + view.fingerprint().substring(0, 12));
  }

  @Test
  void sumsAndAveragesOfFloatingPointAreRefused() {
    String why =
        "sums of floating point depend on the order of events, so that the two layers could differ; use an Avro decimal or a long";
    for (String column : List.of("real", "real_null", "single")) {
      assertRefused(
          () -> view().metric("m", sum(column)).build(),
          "Cannot take sum of column '%s' (DOUBLE) for metric 'm': %s".formatted(column, why));
      assertRefused(
          () -> view().metric("m", avg(column)).build(),
          "Cannot take avg of column '%s' (DOUBLE) for metric 'm': %s".formatted(column, why));
    }
  }

  @Test
  void metricsThatDoNotFitTheirColumnAreRefused() {
    for (String column : List.of("text", "flag", "kind")) {
      String type = TestTypes.EVERYTHING.column(column).type().name();
      for (Metric metric : List.of(sum(column), avg(column), min(column), max(column))) {
        assertRefused(
            () -> view().metric("m", metric).build(),
            "Cannot take %s of column '%s' (%s) for metric 'm': expected a number"
                .formatted(metric.kind().name().toLowerCase(Locale.ROOT), column, type));
      }
    }
    assertRefused(
        () -> view().metric("m", sum("time")).build(),
        "Cannot take sum of column 'time' (TIMESTAMP) for metric 'm': expected a number");
    assertThat(view().metric("m", max("time")).metric("l", latest("flag")).build()).isNotNull();
  }

  @Test
  void averagesStateTheirScaleAndRounding() {
    assertRefused(
        () -> avg("money", -1, RoundingMode.HALF_UP),
        "Cannot average 'money' to -1 digits: expected 0 to 18");
    assertRefused(
        () -> avg("money", 19, RoundingMode.HALF_UP),
        "Cannot average 'money' to 19 digits: expected 0 to 18");
    assertRefused(
        () -> avg("money", 2, RoundingMode.UNNECESSARY),
        "Cannot average 'money' without rounding: a third has no last digit; choose a rounding such as HALF_EVEN");
  }

  @Test
  void keysThatMayBeNullOrAreFloatingPointAreRefused() {
    assertRefused(
        () -> view().keyedBy("text_null").metric("m", count()).build(),
        "Cannot key view v by column 'text_null': expected a column that is never null and not floating point, found nullable STRING");
    assertRefused(
        () -> view().keyedBy("real").metric("m", count()).build(),
        "Cannot key view v by column 'real': expected a column that is never null and not floating point, found DOUBLE");
    assertRefused(
        () -> view().keyedBy("real_null").metric("m", count()).build(),
        "Cannot key view v by column 'real_null': expected a column that is never null and not floating point, found nullable DOUBLE");
  }

  @Test
  void unknownColumnsAreRefusedWithTheKnownOnes() {
    String message =
        "No column 'nothing' in schema test.Everything of topic everything; it has at, flag, flag_null, kind, micros, money, money_null, other, real, real_null, single, small, text, text_null, time, time_null, whole, whole_null";
    assertRefused(() -> view().keyedBy("nothing").metric("m", count()).build(), message);
    assertRefused(() -> view().metric("m", sum("nothing")).build(), message);
    assertRefused(() -> view().where("nothing", is("x")).metric("m", count()).build(), message);
    assertRefused(
        () ->
            view()
                .derived(
                    new Column("d", ColumnType.LONG, 0, false), 1, List.of("nothing"), row -> 1L)
                .metric("m", sum("d"))
                .build(),
        message);
  }

  @Test
  void columnsThatViewsCannotReadAreRefusedWithTheirType() {
    for (String column : List.of("wide", "raw", "many", "choice")) {
      assertRefused(
          () -> view().metric("m", distinct(column)).build(),
          "Cannot read column '%s' of topic everything: views read strings, numbers, booleans, timestamps and decimals of precision up to 18 at the top level of a record, found %s"
              .formatted(column, TestTypes.SCHEMA.getField(column).schema()));
    }
  }

  @Test
  void avroTypesBecomeColumnTypes() {
    assertThat(TestTypes.EVERYTHING.column("kind").type()).isEqualTo(ColumnType.STRING);
    assertThat(TestTypes.EVERYTHING.column("small").type()).isEqualTo(ColumnType.LONG);
    assertThat(TestTypes.EVERYTHING.column("single").type()).isEqualTo(ColumnType.DOUBLE);
    assertThat(TestTypes.EVERYTHING.column("micros").type()).isEqualTo(ColumnType.TIMESTAMP);
    assertThat(TestTypes.EVERYTHING.column("money_null"))
        .isEqualTo(new Column("money_null", ColumnType.DECIMAL, 2, true));
    assertThat(TestTypes.EVERYTHING.columns().keySet())
        .startsWith("at", "text", "whole", "money", "real", "flag", "time", "text_null");
  }

  @Test
  void duplicateNamesAreRefused() {
    assertRefused(
        () -> view().metric("m", count()).metric("m", sum("whole")),
        "View v has two metrics named 'm'");
    assertRefused(
        () -> view().keyedBy("text", "text").metric("m", count()).build(),
        "Cannot build view v: a key column stands twice in [text, text]");
    assertRefused(
        () -> view().where("text", is("a")).where("text", is("b")),
        "View v has two conditions on column 'text': say it with one");
    assertRefused(
        () -> view().keyedBy("text").metric("text", latest("text")).build(),
        "View v has a metric named 'text' like its key column: choose another name");
    Column derived = new Column("d", ColumnType.LONG, 0, false);
    assertRefused(
        () ->
            view()
                .derived(derived, 1, List.of("whole"), row -> 1L)
                .derived(derived, 2, List.of("whole"), row -> 2L),
        "View v derives column 'd' twice");
    assertRefused(
        () ->
            view()
                .derived(
                    new Column("text", ColumnType.LONG, 0, false), 1, List.of("whole"), row -> 1L)
                .metric("m", sum("text"))
                .build(),
        "View v derives column 'text', which topic everything has already: choose another name");
  }

  @Test
  void aDerivedColumnThatNothingReadsIsRefused() {
    assertRefused(
        () ->
            view()
                .derived(new Column("d", ColumnType.LONG, 0, false), 1, List.of("whole"), row -> 1L)
                .metric("m", count())
                .build(),
        "View v derives column 'd', which no key, condition or metric reads: use it or remove it");
  }

  @Test
  void scalesBelongToDecimals() {
    assertRefused(
        () -> new Column("d", ColumnType.LONG, 2, false),
        "Cannot give column 'd' (LONG) scale 2: expected 0, only decimals have one");
    assertRefused(
        () -> new Column("d", ColumnType.DECIMAL, 19, false),
        "Cannot give column 'd' (DECIMAL) scale 19: expected 0 to 18");
    assertRefused(
        () -> new Column("d", ColumnType.DECIMAL, -1, false),
        "Cannot give column 'd' (DECIMAL) scale -1: expected 0 to 18");
  }

  @Test
  void missingPartsAreNamed() {
    assertRefused(
        () -> View.named("v").window(Duration.ofMinutes(1)).metric("m", count()).build(),
        "Cannot build view v: no event type: call over(...)");
    assertRefused(() -> view().build(), "Cannot build view v: no metric: call metric(name, ...)");
    assertRefused(
        () -> View.named("v").over(TestTypes.EVERYTHING).metric("m", count()).build(),
        "Cannot build view v: expected a window of whole milliseconds, at least one and of 10,000 years at most, found null");
    for (Duration window :
        List.of(
            Duration.ZERO,
            Duration.ofMillis(-5),
            Duration.ofNanos(1_000_001),
            Duration.ofDays(3_652_501),
            Duration.ofSeconds(Long.MAX_VALUE),
            Duration.ofSeconds(Long.MIN_VALUE))) {
      assertRefused(
          () -> view().window(window).metric("m", count()).build(),
          "Cannot build view v: expected a window of whole milliseconds, at least one and of 10,000 years at most, found "
              + window);
    }
    for (int buckets : new int[] {0, 257}) {
      assertRefused(
          () -> view().saltBuckets(buckets).metric("m", count()).build(),
          "Cannot build view v: expected 1 to 256 salt buckets, found " + buckets);
    }
  }

  @Test
  void namesThatNoTableOrColumnCanHaveAreRefused() {
    for (String name : List.of("", "V", "1v", "a-b", "a.b", "x".repeat(65))) {
      assertRefused(
          () -> View.named(name),
          "Cannot name a view '%s': expected 1-64 lower-case letters, digits and underscores, a letter first"
              .formatted(name));
      assertRefused(
          () -> view().metric(name, count()),
          "Cannot name a metric of view v '%s': expected 1-64 lower-case letters, digits and underscores, a letter first"
              .formatted(name));
    }
    assertThat(View.named("x".repeat(64))).isNotNull();
  }

  @Test
  void eventTypesNeedATimeThatIsNeverNull() {
    assertRefused(
        () -> EventType.of("t", TestTypes.SCHEMA, "time_null", "text"),
        "Cannot use 'time_null' as event time of topic t: expected a timestamp-millis that is never null, found nullable TIMESTAMP");
    assertRefused(
        () -> EventType.of("t", TestTypes.SCHEMA, "whole", "text"),
        "Cannot use 'whole' as event time of topic t: expected a timestamp-millis that is never null, found LONG");
    assertThatThrownBy(() -> EventType.of("t", TestTypes.SCHEMA, "at", "nothing"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            "No column 'nothing' in schema test.Everything of topic t; it has at, ");
    assertRefused(
        () -> EventType.of("t", Schema.create(Schema.Type.STRING), "at", "text"),
        "Cannot read topic t: expected a record schema, found STRING");
    for (String topic : List.of("", "_t", ".t", "a b", "t".repeat(201))) {
      assertRefused(
          () -> EventType.of(topic, TestTypes.SCHEMA, "at", "text"),
          "Cannot use topic '%s': expected 1-200 letters, digits, dots, dashes or underscores, not starting with a dot or underscore"
              .formatted(topic));
    }
  }

  @Test
  void rowsThatLackAColumnAreAProgrammersMistake() {
    View view = view().keyedBy("text").metric("m", sum("whole")).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.bind(List.of("text")))
        .withMessage("rows of [text] for view v of [text, whole]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.bind(List.of("text", "whole", "text")))
        .withMessage("rows of [text, whole, text] for view v of [text, whole]");
  }
}
