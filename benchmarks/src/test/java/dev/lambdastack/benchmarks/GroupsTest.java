package dev.lambdastack.benchmarks;

import static dev.lambdastack.benchmarks.Groups.Value.ESTIMATE;
import static dev.lambdastack.benchmarks.Groups.Value.EXACT;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class GroupsTest {
  private static final List<Groups.Value> VALUES = List.of(EXACT, EXACT, ESTIMATE);
  private static final List<String> RIGHT =
      List.of("AIR|A|19723|3|12.50|1000", "AIR|N|19723|4|1.00|10", "MAIL|A|19724|1|0.10|1");

  private static void check(String... lines) throws WrongAnswerException {
    Groups.of(List.of(lines), VALUES.size())
        .check("Our view", Groups.of(RIGHT, VALUES.size()), VALUES);
  }

  private static void assertWrong(String message, String... lines) {
    assertThatThrownBy(() -> check(lines))
        .isInstanceOf(WrongAnswerException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theSameInAnyOrderAndScaleIsRight() {
    assertThatCode(
            () -> check("MAIL|A|19724|1|0.1000|1", "AIR|N|19723|4|1|10", "AIR|A|19723|3|12.5|1000"))
        .doesNotThrowAnyException();
  }

  @Test
  void anEstimateMayDifferALittle() {
    assertThatCode(() -> check("AIR|A|19723|3|12.50|1139", RIGHT.get(1), "MAIL|A|19724|1|0.10|3"))
        .doesNotThrowAnyException();
    assertWrong("[AIR, A, 19723]", "AIR|A|19723|3|12.50|1141", RIGHT.get(1), RIGHT.get(2));
  }

  /** As many rows, and as much in all. */
  @Test
  void valuesThatChangedPlacesAreWrong() {
    assertWrong(
        "Our view has [4, 12.50, 1000] for [AIR, A, 19723], where it should have [3, 12.50, 1000]",
        "AIR|A|19723|4|12.50|1000",
        RIGHT.get(1),
        RIGHT.get(2));
    assertWrong("[AIR, N, 19723]", RIGHT.get(0), "AIR|N|19723|4|1.01|10", RIGHT.get(2));
  }

  @Test
  void aGroupTooManyOrTooFewIsWrong() {
    assertWrong("nothing for [MAIL, A, 19724]", RIGHT.get(0), RIGHT.get(1));
    assertWrong(
        "4 groups, where it should have 3 groups",
        RIGHT.get(0),
        RIGHT.get(1),
        RIGHT.get(2),
        "MAIL|A|19725|1|0.10|1");
  }
}
