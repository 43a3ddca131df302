package dev.lambdastack.sandbox.foodmart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FoodMartTest {
  @Test
  void firstRowIsTheFilesFirstRow() throws Exception {
    ShopEvent first = FoodMart.open().events(1997, 1).get(0);
    assertThat(first)
        .isEqualTo(
            new ShopEvent(
                1,
                6280,
                337,
                "Canned Soup",
                2,
                Action.PURCHASE,
                2,
                new BigDecimal("1.50"),
                Instant.parse("1997-01-05T09:00:00Z")));
  }

  @Test
  void everySaleOfBothYearsIsThereOnceAndOneInFiftyComesBack() throws Exception {
    FoodMart mart = FoodMart.open();
    Set<Long> sold = new HashSet<>();
    int sales = 0;
    int returned = 0;
    int uncategorized = 0;
    BigDecimal revenue = BigDecimal.ZERO;
    for (int year : FoodMart.YEARS) {
      for (ShopEvent event : mart.events(year)) {
        if (event.action() == Action.PURCHASE) {
          sold.add(event.orderId());
          sales++;
          revenue = year == 1997 ? revenue.add(event.amount()) : revenue;
        } else if (sold.contains(event.orderId())) {
          returned++;
        }
        uncategorized += event.category() == null ? 1 : 0;
      }
    }
    assertThat(sold).hasSize(86_837 + 164_558);
    assertThat(sales).isEqualTo(sold.size());
    assertThat(uncategorized).isZero();
    assertThat(returned).isEqualTo((86_837 + 164_558) / FoodMart.RETURNED_ONE_IN);
    // Mondrian's own figure for store sales in 1997.
    assertThat(revenue).isEqualByComparingTo("565238.13");
  }

  @Test
  void nearlyAllRowsStandBehindALaterDay() throws Exception {
    List<ShopEvent> events = FoodMart.open().events(1997);
    Instant latest = Instant.MIN;
    int late = 0;
    int sales = 0;
    for (ShopEvent event : events) {
      if (event.action() == Action.RETURN) {
        continue;
      }
      sales++;
      Instant day = event.time().truncatedTo(ChronoUnit.DAYS);
      if (day.isBefore(latest)) {
        late++;
      } else {
        latest = day;
      }
    }
    assertThat(sales).isEqualTo(86_837);
    assertThat(late).isEqualTo(85_509);
  }

  @Test
  void aDaysRowsFillTheOpeningHours() {
    LocalDate day = LocalDate.of(1997, 1, 5);
    assertThat(FoodMart.time(day, 0, 7)).isEqualTo("1997-01-05T09:00:00Z");
    assertThat(FoodMart.time(day, 6, 7)).isEqualTo("1997-01-05T19:17:08.571Z");
    assertThat(FoodMart.time(day, 1, 2)).isEqualTo("1997-01-05T15:00:00Z");
  }

  @Test
  void aShorterRunHasTheSameTimes() throws Exception {
    FoodMart mart = FoodMart.open();
    assertThat(mart.events(1998, 1000)).isEqualTo(mart.events(1998).subList(0, 1020));
  }
}
