package dev.lambdastack.views;

import static dev.lambdastack.views.Condition.atLeast;
import static dev.lambdastack.views.Condition.atMost;
import static dev.lambdastack.views.Condition.in;
import static dev.lambdastack.views.Condition.is;
import static dev.lambdastack.views.Condition.isNot;
import static dev.lambdastack.views.Condition.isNotNull;
import static dev.lambdastack.views.Condition.isNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionTest {
  private static View view(String column, Condition condition) {
    return View.named("v")
        .over(TestTypes.EVERYTHING)
        .window(Duration.ofMinutes(1))
        .where(column, condition)
        .metric("n", Metric.count())
        .build();
  }

  /** Which of these values of a column meet the condition. */
  private static List<Object> accepted(String column, Condition condition, Object... values) {
    View view = view(column, condition);
    BoundView bound = view.bind(view.columns());
    List<Object> accepted = new ArrayList<>();
    for (Object value : values) {
      if (bound.accepts(TestEvent.at(0, 0, 0).with(column, value).row(view.columns()))) {
        accepted.add(value);
      }
    }
    return accepted;
  }

  @Test
  void textIsComparedExactly() {
    assertThat(accepted("text", is("a"), "a", "A", "a\0", "", "ab")).containsExactly("a");
    assertThat(accepted("text", isNot("a"), "a", "A", "")).containsExactly("A", "");
    assertThat(accepted("text", in("a", "é"), "a", "b", "é", "e\u0301")).containsExactly("a", "é");
    assertThat(accepted("kind", is("A"), "A", "B")).containsExactly("A");
  }

  @Test
  void aConditionOnWhatAnEnumNeverIsIsRefused() {
    assertThatThrownBy(() -> view("kind", in("A", "C")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "View v compares column 'kind' with \"C\", which it never is: expected one of A, B");
  }

  @Test
  void numbersAreComparedByValue() {
    assertThat(accepted("whole", is(5), 5L, 6L)).containsExactly(5L);
    assertThat(accepted("whole", is(new BigDecimal("5.0")), 5L, 6L)).containsExactly(5L);
    assertThat(accepted("whole", in(BigInteger.ONE, (short) 2), 1L, 2L, 3L))
        .containsExactly(1L, 2L);
    assertThat(accepted("whole", atLeast(-1), -2L, -1L, 0L)).containsExactly(-1L, 0L);
    assertThat(accepted("whole", atMost(Long.MIN_VALUE), Long.MIN_VALUE, 0L))
        .containsExactly(Long.MIN_VALUE);
  }

  @Test
  void decimalsAreComparedAtTheirScale() {
    BigDecimal ten = new BigDecimal("10.00");
    BigDecimal less = new BigDecimal("9.99");
    assertThat(accepted("money", atLeast(10), less, ten)).containsExactly(ten);
    assertThat(accepted("money", atMost(new BigDecimal("9.99")), less, ten)).containsExactly(less);
    assertThat(accepted("money", is(new BigDecimal("10")), less, ten)).containsExactly(ten);
    assertThat(accepted("money", isNot(10L), less, ten)).containsExactly(less);
  }

  @Test
  void doublesAndFlagsAndTimes() {
    assertThat(accepted("real", atLeast(1.5), 1.4, 1.5, Double.NaN, Double.POSITIVE_INFINITY))
        .containsExactly(1.5, Double.POSITIVE_INFINITY);
    assertThat(accepted("real", atMost(0), -0.0, 0.5)).containsExactly(-0.0);
    assertThat(accepted("real", in(1, 2.5), 1.0, 2.0, 2.5)).containsExactly(1.0, 2.5);
    assertThat(accepted("real", isNot(1.0), 1.0, Double.NaN)).containsExactly(Double.NaN);
    assertThat(accepted("flag", is(true), true, false)).containsExactly(true);
    assertThat(accepted("flag", isNot(true), true, false)).containsExactly(false);
    Instant later = Instant.ofEpochMilli(5);
    assertThat(accepted("time", atLeast(5L), Instant.EPOCH, later)).containsExactly(later);
  }

  @Test
  void nullMeetsNoConditionButIsNull() {
    for (Condition condition :
        List.of(is(5), isNot(5), in(1, 2), atLeast(0), atMost(0), isNotNull())) {
      assertThat(accepted("whole_null", condition, (Object) null)).isEmpty();
    }
    assertThat(accepted("whole_null", isNull(), null, 5L)).containsExactly((Object) null);
    assertThat(accepted("whole_null", isNotNull(), null, 5L)).containsExactly(5L);
    assertThat(accepted("text_null", isNot("a"), null, "a", "b")).containsExactly("b");
  }

  @Test
  void anEmptyListOfValuesAcceptsNothing() {
    assertThat(accepted("text", in(), "a", "")).isEmpty();
    assertThat(accepted("whole", in(), 0L)).isEmpty();
  }

  @Test
  void allConditionsMustBeMet() {
    View view =
        View.named("v")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMinutes(1))
            .where("text", is("a"))
            .where("whole", atLeast(5))
            .metric("n", Metric.count())
            .build();
    List<TestEvent> events =
        Arrays.asList(
            TestEvent.at(0, 0, 0).with("text", "a").with("whole", 5L),
            TestEvent.at(0, 0, 1).with("text", "a").with("whole", 4L),
            TestEvent.at(0, 0, 2).with("text", "b").with("whole", 6L));
    assertThat(TestTypes.aggregate(view, events).events()).isEqualTo(1);
  }

  @Test
  void operandsThatDoNotFitTheColumnAreRefused() {
    String fit = " (decimals take a BigDecimal of at most that scale)";
    assertRefused(
        "text",
        is(5),
        "Cannot compare column 'text' with 5 (Integer): it does not fit the column's type STRING"
            + fit);
    assertRefused(
        "text",
        atLeast(5),
        "Cannot compare column 'text' with 5 (Integer): it does not fit the column's type STRING"
            + fit);
    assertRefused(
        "whole",
        is("5"),
        "Cannot compare column 'whole' with \"5\": it does not fit the column's type LONG" + fit);
    assertRefused(
        "whole",
        is(5.0),
        "Cannot compare column 'whole' with 5.0 (Double): it does not fit the column's type LONG"
            + fit);
    assertRefused(
        "whole",
        atMost(new BigDecimal("1.5")),
        "Cannot compare column 'whole' with 1.5 (BigDecimal): it does not fit the column's type LONG"
            + fit);
    assertRefused(
        "whole",
        atMost(BigInteger.ONE.shiftLeft(63)),
        "Cannot compare column 'whole' with 9223372036854775808 (BigInteger): it does not fit the column's type LONG"
            + fit);
    assertRefused(
        "money",
        atLeast(0.5),
        "Cannot compare column 'money' with 0.5 (Double): it does not fit the column's type DECIMAL(scale 2)"
            + fit);
    assertRefused(
        "money",
        atLeast(new BigDecimal("0.005")),
        "Cannot compare column 'money' with 0.005 (BigDecimal): it does not fit the column's type DECIMAL(scale 2)"
            + fit);
    assertRefused(
        "real",
        is("1"),
        "Cannot compare column 'real' with \"1\": it does not fit the column's type DOUBLE" + fit);
    assertRefused(
        "flag",
        is(1),
        "Cannot compare column 'flag' with 1 (Integer): it does not fit the column's type BOOLEAN"
            + fit);
    assertRefused(
        "time",
        is("2026-01-31"),
        "Cannot compare column 'time' with \"2026-01-31\": it does not fit the column's type TIMESTAMP"
            + fit);
  }

  private static void assertRefused(String column, Condition condition, String message) {
    assertThatThrownBy(() -> view(column, condition))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  @Test
  void nullIsNoOperand() {
    String message =
        "Cannot compare a column with null: a null meets no such condition; use isNull() or isNotNull()";
    assertThatThrownBy(() -> is(null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> isNot(null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> atLeast(null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> atMost(null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> in("a", null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }
}
