package dev.lambdastack.views;

import static dev.lambdastack.views.Condition.atLeast;
import static dev.lambdastack.views.Condition.atMost;
import static dev.lambdastack.views.Condition.in;
import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  private static final Column SCORE = new Column("score", ColumnType.LONG, 0, false);

  private static View.Builder base() {
    return View.named("v")
        .over(TestTypes.EVERYTHING)
        .keyedBy("text", "whole")
        .window(Duration.ofMinutes(1))
        .where("other", in("a", "b"))
        .metric("n", count())
        .metric("s", sum("money"))
        .metric("a", avg("money", 2, RoundingMode.HALF_UP));
  }

  private static View withFormula(Derivation formula) {
    return withFormula(SCORE, 1, List.of("whole"), formula);
  }

  private static View withFormula(
      Column column, int version, List<String> inputs, Derivation formula) {
    return base().derived(column, version, inputs, formula).metric("x", max(column.name())).build();
  }

  @Test
  void theFingerprintOfADeclarationIsTheSameInEveryJvm() {
    assertThat(TestRows.VIEW.declaration())
        .isEqualTo(
            "{\"topic\":\"everything\",\"eventTime\":\"at\",\"shape\":{\"name\":\"daily_sales\",\"key\":[{\"na"
                + "me\":\"text\",\"type\":\"STRING\",\"scale\":0,\"nullable\":false},{\"name\":\"flag\",\"type\":\"BO"
                + "OLEAN\",\"scale\":0,\"nullable\":false}],\"windowMillis\":86400000,\"saltBuckets\":16,\"me"
                + "trics\":[{\"name\":\"orders\",\"kind\":\"COUNT\"},{\"name\":\"revenue\",\"kind\":\"SUM\",\"input\":"
                + "{\"name\":\"money\",\"type\":\"DECIMAL\",\"scale\":2,\"nullable\":false}},{\"name\":\"average\","
                + "\"kind\":\"AVG\",\"input\":{\"name\":\"money_null\",\"type\":\"DECIMAL\",\"scale\":2,\"nullable\":"
                + "true},\"scale\":2,\"rounding\":\"HALF_UP\"}]},\"where\":[{\"column\":{\"name\":\"other\",\"type"
                + "\":\"STRING\",\"scale\":0,\"nullable\":false},\"condition\":\"IN[\\\"purchase\\\"]\"}],\"derived"
                + "\":[]}");
    assertThat(TestRows.VIEW.fingerprint())
        .isEqualTo("33fc857d3af1fea593568dcdbcca34750cbfce4589e2ad83c1c69af523cb5621");
  }

  @Test
  void equalDeclarationsHaveEqualFingerprints() {
    assertThat(base().build().fingerprint()).isEqualTo(base().build().fingerprint());
    assertThat(withFormula(DOUBLED).fingerprint()).isEqualTo(withFormula(DOUBLED).fingerprint());
  }

  private static final Derivation DOUBLED = row -> row.longAt(0) * 2;

  @Test
  void everyPartOfADeclarationChangesTheFingerprint() {
    Map<String, View> views = new LinkedHashMap<>();
    views.put("as it is", base().build());
    Map<String, UnaryOperator<View.Builder>> more = new LinkedHashMap<>();
    more.put("topic", b -> b.over(EventType.of("other", TestTypes.SCHEMA, "at", "text")));
    more.put(
        "event time", b -> b.over(EventType.of("everything", TestTypes.SCHEMA, "time", "text")));
    more.put("key order", b -> b.keyedBy("whole", "text"));
    more.put("key less", b -> b.keyedBy("text"));
    more.put("no key", b -> b.keyedBy());
    more.put("key other", b -> b.keyedBy("text", "other"));
    more.put("window", b -> b.window(Duration.ofMinutes(2)));
    more.put("salt", b -> b.saltBuckets(17));
    more.put("metric more", b -> b.metric("m", count()));
    more.put("metric name", b -> b.metric("m2", count()));
    more.put("metric kind", b -> b.metric("m", min("money")));
    more.put("metric kind, other", b -> b.metric("m", max("money")));
    more.put("metric column", b -> b.metric("m", max("whole")));
    more.put("metric scale", b -> b.metric("m", avg("money", 3, RoundingMode.HALF_UP)));
    more.put("metric rounding", b -> b.metric("m", avg("money", 3, RoundingMode.HALF_DOWN)));
    more.put("metric scale as default", b -> b.metric("m", avg("money")));
    more.put("condition", b -> b.where("whole_null", is(5)));
    more.put("condition operand", b -> b.where("whole_null", is(6)));
    more.put("condition operator", b -> b.where("whole_null", atLeast(5)));
    more.put("condition operator, other", b -> b.where("whole_null", atMost(5)));
    more.put("condition column", b -> b.where("small", is(5)));
    more.put("condition text", b -> b.where("text_null", is("a, b")));
    more.put("condition texts", b -> b.where("text_null", in("a", "b")));
    more.put("condition quoted", b -> b.where("text_null", in("a\", \"b")));
    more.forEach((name, change) -> views.put(name, change.apply(base()).build()));
    views.put(
        "name",
        View.named("w")
            .over(TestTypes.EVERYTHING)
            .keyedBy("text", "whole")
            .window(Duration.ofMinutes(1))
            .where("other", in("a", "b"))
            .metric("n", count())
            .metric("s", sum("money"))
            .metric("a", avg("money", 2, RoundingMode.HALF_UP))
            .build());
    views.put("formula", withFormula(DOUBLED));
    views.put("formula version", withFormula(SCORE, 2, List.of("whole"), DOUBLED));
    views.put("formula inputs", withFormula(SCORE, 1, List.of("small"), DOUBLED));
    views.put("formula more inputs", withFormula(SCORE, 1, List.of("whole", "small"), DOUBLED));
    views.put(
        "formula nullable",
        withFormula(new Column("score", ColumnType.LONG, 0, true), 1, List.of("whole"), DOUBLED));
    views.put(
        "formula type",
        withFormula(
            new Column("score", ColumnType.TIMESTAMP, 0, false), 1, List.of("whole"), DOUBLED));
    views.put("formula, other", withFormula(row -> row.longAt(0) * 3));
    for (long factor = 4; factor < 6; factor++) {
      long captured = factor;
      views.put("formula that captured " + factor, withFormula(row -> row.longAt(0) * captured));
    }
    views.put("formula as a class", withFormula(new Times(2)));
    views.put("formula as a class, other field", withFormula(new Times(3)));
    views.put("formula as a method", withFormula(FingerprintTest::negated));

    Map<String, String> seen = new LinkedHashMap<>();
    views.forEach(
        (name, view) -> {
          String before = seen.put(view.fingerprint(), name);
          assertThat(before).as("same fingerprint as '%s'", name).isNull();
          assertThat(view.fingerprint()).matches("[0-9a-f]{64}");
        });
  }

  private record Times(long factor) implements Derivation {
    @Override
    public Object apply(Row inputs) {
      return inputs.longAt(0) * factor;
    }
  }

  private static Object negated(Row row) {
    return -row.longAt(0);
  }

  /** A column that the filter alone reads: what its type is decides what is compared. */
  @Test
  void theTypeOfAFilteredColumnChangesTheFingerprint() {
    String schema =
        "{\"type\":\"record\",\"name\":\"E\",\"fields\":[{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},{\"name\":\"x\",\"type\":%s}]}";
    assertThat(filtered(schema.formatted("\"long\"")))
        .isNotEqualTo(filtered(schema.formatted("\"double\"")))
        .isNotEqualTo(filtered(schema.formatted("[\"null\",\"long\"]")));
  }

  private static String filtered(String schema) {
    return View.named("v")
        .over(EventType.of("t", new Schema.Parser().parse(schema), "at", "at"))
        .window(Duration.ofMinutes(1))
        .where("x", is(1))
        .metric("n", count())
        .build()
        .fingerprint();
  }

  @Test
  void anEditOfTheFormulasCodeIsNoticed() throws Exception {
    String body = "public static Derivation formula() { return row -> row.longAt(0) * %s; }";
    try (CompiledFormula two = CompiledFormula.compile(body.formatted(2));
        CompiledFormula twoAgain = CompiledFormula.compile(body.formatted(2));
        CompiledFormula three = CompiledFormula.compile(body.formatted(3))) {
      String fingerprint = withFormula(two.formula("formula")).fingerprint();
      assertThat(withFormula(twoAgain.formula("formula")).fingerprint()).isEqualTo(fingerprint);
      assertThat(withFormula(three.formula("formula")).fingerprint()).isNotEqualTo(fingerprint);
      assertThat(withFormula(two.formula("formula")).declaration())
          .isNotEqualTo(withFormula(three.formula("formula")).declaration());
    }
  }

  @Test
  void twoFormulasOfOneClassDiffer() throws Exception {
    try (CompiledFormula compiled =
        CompiledFormula.compile(
            """
            public static Derivation one() { return row -> row.longAt(0) + 1; }
            public static Derivation two() { return row -> row.longAt(0) + 2; }
            public static Derivation reference() { return Formulas::named; }
            static Object named(Row row) { return row.longAt(0); }
            """)) {
      assertThat(
              List.of(
                  withFormula(compiled.formula("one")).fingerprint(),
                  withFormula(compiled.formula("two")).fingerprint(),
                  withFormula(compiled.formula("reference")).fingerprint()))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void aFormulaThatHoldsOnToWhatCannotBeFingerprintedIsRefused() throws Exception {
    try (CompiledFormula compiled =
        CompiledFormula.compile(
            "public static Derivation formula() { Object lock = new Object(); return row -> lock.hashCode(); }")) {
      Derivation formula = compiled.formula("formula");
      assertThatThrownBy(() -> withFormula(formula))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(
              "Cannot fingerprint derived column 'score': the formula in user.Formulas uses a java.lang.Object from outside, which cannot be serialized; let it use its inputs and constants only");
    }
  }

  @Test
  void aFormulaWithoutAClassFileIsRefused() {
    Derivation proxy =
        (Derivation)
            Proxy.newProxyInstance(
                FingerprintTest.class.getClassLoader(),
                new Class<?>[] {Derivation.class},
                (self, method, arguments) -> 1L);
    assertThatThrownBy(() -> withFormula(proxy))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot fingerprint derived column 'score': the class file of ")
        .hasMessageEndingWith(" is not to be found; declare it in a class of your jar");
  }
}
