package dev.lambdastack.sandbox.foodmart;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * FoodMart's sales of 1997 and 1998 as events, in file order. The files list one store after the
 * other, each from January to December, so nearly every row stands behind rows of a later day: late
 * data as it is.
 *
 * <p>What the files do not say, this class adds, the same way each time:
 *
 * <ul>
 *   <li>A fact carries a day only. The rows of a day are spread evenly over the opening hours,
 *       09:00 to 21:00 UTC: row {@code i} of the day's {@code n} rows, counted from 0 in file
 *       order, happened {@code i * 12 h / n} after opening, in whole milliseconds.
 *   <li>The files hold sales only. Every {@value #RETURNED_ONE_IN}th sale comes back: a return of
 *       the same line for the same amount, {@value #RETURNED_AFTER_DAYS} days later, placed right
 *       behind its sale.
 * </ul>
 */
public final class FoodMart {
  /** One sale in this many is returned. */
  public static final int RETURNED_ONE_IN = 50;

  /** How many days after its sale a line is returned. */
  public static final int RETURNED_AFTER_DAYS = 2;

  /** The years that the data set holds. */
  public static final List<Integer> YEARS = List.of(1997, 1998);

  static final LocalTime OPENS = LocalTime.of(9, 0);
  static final Duration OPEN = Duration.ofHours(12);

  private final Map<Long, LocalDate> days = new HashMap<>();
  private final Map<Long, Product> products = new TreeMap<>();

  private FoodMart() {}

  /** Reads the products, their classes and the calendar. */
  public static FoodMart open() throws IOException {
    FoodMart mart = new FoodMart();
    Map<Long, String> classes = new HashMap<>();
    JsonRows.forEach(
        "product_class",
        r -> classes.put(number(r, "product_class_id"), text(r, "product_category")));

    JsonRows.forEach(
        "product",
        r ->
            mart.products.put(
                number(r, "product_id"),
                new Product(
                    number(r, "product_id"),
                    text(r, "product_name"),
                    text(r, "brand_name"),
                    classes.get(number(r, "product_class_id")))));

    JsonRows.forEach(
        "time_by_day",
        r ->
            mart.days.put(
                number(r, "time_id"), LocalDate.parse(text(r, "the_date").substring(0, 10))));

    return mart;
  }

  /** All products, by id. */
  public List<Product> products() {
    return List.copyOf(products.values());
  }

  /**
   * The first sales of a year, each followed by its return if it has one.
   *
   * @param maxSales how many sales at most; the times do not depend on it
   */
  public List<ShopEvent> events(int year, int maxSales) throws IOException {
    List<SalesFact> facts = facts(year);
    Map<LocalDate, Integer> rowsOfDay = new HashMap<>();
    facts.forEach(f -> rowsOfDay.merge(f.day(), 1, Integer::sum));

    Map<LocalDate, Integer> seenOfDay = new HashMap<>();
    List<ShopEvent> events = new ArrayList<>();
    for (SalesFact fact : facts.subList(0, Math.min(maxSales, facts.size()))) {
      int rank = seenOfDay.merge(fact.day(), 1, Integer::sum) - 1;
      ShopEvent sale = sale(fact, time(fact.day(), rank, rowsOfDay.get(fact.day())));
      events.add(sale);
      if (fact.row() % RETURNED_ONE_IN == 0) {
        events.add(returned(sale));
      }
    }

    return events;
  }

  /** All sales of a year, each followed by its return if it has one. */
  public List<ShopEvent> events(int year) throws IOException {
    return events(year, Integer.MAX_VALUE);
  }

  private List<SalesFact> facts(int year) throws IOException {
    if (!YEARS.contains(year)) {
      throw new IllegalArgumentException("FoodMart has sales of " + YEARS + ", not of " + year);
    }
    List<SalesFact> facts = new ArrayList<>();
    long before = year == 1997 ? 0 : ROWS_OF_1997;
    JsonRows.forEach("sales_fact_" + year, r -> facts.add(fact(before + facts.size() + 1, r)));
    if (year == 1997 && facts.size() != ROWS_OF_1997) {
      throw new IOException("FoodMart 0.4 has " + ROWS_OF_1997 + " rows, found " + facts.size());
    }
    return facts;
  }

  private static final int ROWS_OF_1997 = 86_837;

  private SalesFact fact(long row, JsonNode r) {
    return new SalesFact(
        row,
        days.get(number(r, "time_id")),
        number(r, "customer_id"),
        number(r, "product_id"),
        number(r, "store_id"),
        r.required("unit_sales").decimalValue().intValueExact(),
        // Four digits in the files, the last two always 0.
        r.required("store_sales").decimalValue().setScale(2, RoundingMode.UNNECESSARY));
  }

  /** When row {@code rank} of a day's {@code rows} happened. */
  static Instant time(LocalDate day, int rank, int rows) {
    long millis = OPEN.toMillis() * rank / rows;
    return day.atTime(OPENS).toInstant(ZoneOffset.UTC).plusMillis(millis);
  }

  private ShopEvent sale(SalesFact fact, Instant time) {
    return new ShopEvent(
        fact.row(),
        fact.customerId(),
        fact.productId(),
        products.get(fact.productId()).category(),
        fact.storeId(),
        ShopEvent.Action.PURCHASE,
        fact.quantity(),
        fact.sales(),
        time);
  }

  private static ShopEvent returned(ShopEvent sale) {
    return new ShopEvent(
        sale.orderId(),
        sale.customerId(),
        sale.productId(),
        sale.category(),
        sale.storeId(),
        ShopEvent.Action.RETURN,
        sale.quantity(),
        sale.amount(),
        sale.time().plus(Duration.ofDays(RETURNED_AFTER_DAYS)));
  }

  private static long number(JsonNode row, String column) {
    return row.required(column).bigIntegerValue().longValueExact();
  }

  private static String text(JsonNode row, String column) {
    return row.required(column).textValue();
  }
}
