package dev.lambdastack.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.foodmart.FoodMart;
import dev.lambdastack.sandbox.foodmart.Product;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The quickstart asks about what it has sent, whatever {@code --rows} says. */
class ShowcaseTest {
  private static FoodMart mart;
  private static List<ShopEvent> year;

  @BeforeAll
  static void read() throws IOException {
    mart = FoodMart.open();
    year = mart.events(1998);
  }

  private static boolean isIn(ShopEvent event, Instant from, Duration length) {
    return !event.time().isBefore(from) && event.time().isBefore(from.plus(length));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 100, 2_000, 5_000, Integer.MAX_VALUE})
  void everyQuestionHasAnAnswer(int rows) throws IOException {
    List<ShopEvent> sent = rows == Integer.MAX_VALUE ? year : mart.events(1998, rows);
    Showcase showcase = Showcase.of(sent, mart.products());

    Instant monday = showcase.monday().atStartOfDay(ZoneOffset.UTC).toInstant();
    assertThat(
            sent.stream()
                .filter(event -> event.category().equals(showcase.category()))
                .anyMatch(event -> isIn(event, monday, Duration.ofDays(7))))
        .as("the week of %s", showcase)
        .isTrue();

    assertThat(sent.stream().anyMatch(event -> isIn(event, showcase.opening(), Showcase.MINUTES)))
        .as("the minutes of %s", showcase)
        .isTrue();

    List<Long> ofBrand =
        mart.products().stream()
            .filter(product -> product.brand().equals(showcase.brand()))
            .map(Product::id)
            .toList();
    assertThat(sent.stream().map(ShopEvent::productId).anyMatch(ofBrand::contains))
        .as("the brand of %s", showcase)
        .isTrue();
  }

  /** As the README shows them. */
  @Test
  void allSalesAreShownByAWeekOfVegetablesInJune() {
    Showcase showcase = Showcase.of(year, mart.products());

    assertThat(showcase.category()).isEqualTo("Vegetables");
    assertThat(showcase.monday()).isEqualTo(LocalDate.of(1998, 6, 22));
    assertThat(showcase.opening()).isEqualTo(Instant.parse("1998-06-25T09:00:00Z"));
  }
}
