package dev.lambdastack.serving.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.ViewShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyArgumentsTest {
  private static final ViewShape NONE = Sales.view("none").shape();
  private static final ViewShape ONE = Sales.view("one", "shop").shape();
  private static final ViewShape THREE = Sales.view("three", "clerk", "refund", "shop").shape();

  @Test
  void oneOptionForEachPart() {
    assertThat(KeyArguments.parse(NONE, List.of())).isEmpty();
    assertThat(KeyArguments.parse(ONE, List.of("Oslo"))).containsExactly("Oslo");
    assertThat(KeyArguments.parse(ONE, List.of(""))).containsExactly("");
    assertThat(KeyArguments.parse(THREE, List.of("-7", "true", "Oslo, old")))
        .containsExactly(-7L, true, "Oslo, old");
  }

  @Test
  void commasSeparatePartsWhereThereAreSeveral() {
    assertThat(KeyArguments.parse(THREE, List.of("-7,false,"))).containsExactly(-7L, false, "");
    assertThat(KeyArguments.parse(ONE, List.of("Oslo, old"))).containsExactly("Oslo, old");
  }

  @Test
  void aWrongNumberOfPartsIsRefusedWithTheirNames() {
    assertRefused(NONE, List.of("Oslo"), "no key columns");
    assertRefused(ONE, List.of(), "1 part (shop)", "found 0", "--key <shop>", "--all");
    assertRefused(ONE, List.of("a", "b"), "1 part (shop)", "found 2");
    assertRefused(THREE, List.of("1,true"), "3 parts (clerk, refund, shop)", "found 2");
    assertRefused(THREE, List.of("1,true,a,b"), "found 4");
  }

  @Test
  void aPartThatDoesNotFitItsColumnIsRefused() {
    assertRefused(THREE, List.of("one", "true", "a"), "'one'", "clerk", "a whole number");
    assertRefused(THREE, List.of("1", "yes", "a"), "'yes'", "refund", "true or false");
  }

  private static void assertRefused(ViewShape shape, List<String> given, String... parts) {
    assertThatThrownBy(() -> KeyArguments.parse(shape, given))
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains(parts)
        .doesNotContain("\n");
  }
}
