package dev.lambdastack.serving.testing;

import dev.lambdastack.serving.merge.MergedRow;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What answers must be, computed from the sales themselves with nothing of the views module: lists,
 * sets and BigDecimal.
 */
public final class Truth {
  /** A key's parts and a window's start. */
  public record Cell(List<Object> key, Instant window) {}

  /** All that the views keep. */
  public record Numbers(
      long sales,
      BigDecimal total,
      BigDecimal average,
      BigDecimal least,
      BigDecimal greatest,
      long clerks,
      BigDecimal last,
      long speedSales) {}

  private Truth() {}

  /**
   * The truth for each key and window.
   *
   * @param horizon sales of this epoch and later come from the speed layer
   */
  public static Map<Cell, Numbers> of(
      List<Sale> sales, Function<Sale, List<Object>> key, long horizon) {
    long hour = Sales.WINDOW.toMillis();
    Map<Cell, List<Sale>> groups =
        sales.stream()
            .collect(
                Collectors.groupingBy(
                    s ->
                        new Cell(
                            key.apply(s),
                            Instant.ofEpochMilli(
                                Math.floorDiv(s.time().toEpochMilli(), hour) * hour))));
    Map<Cell, Numbers> truth = new HashMap<>();
    groups.forEach((cell, group) -> truth.put(cell, numbers(group, horizon)));
    return truth;
  }

  private static Numbers numbers(List<Sale> group, long horizon) {
    List<BigDecimal> amounts = new ArrayList<>();
    Set<Long> clerks = new HashSet<>();
    for (Sale sale : group) {
      clerks.add(sale.clerk());
      if (sale.amount() != null) {
        amounts.add(sale.amount());
      }
    }
    BigDecimal total =
        amounts.isEmpty() ? null : amounts.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
    return new Numbers(
        group.size(),
        total,
        total == null
            ? null
            : total.divide(BigDecimal.valueOf(amounts.size()), 3, RoundingMode.HALF_UP),
        amounts.stream().min(Comparator.naturalOrder()).orElse(null),
        amounts.stream().max(Comparator.naturalOrder()).orElse(null),
        clerks.size(),
        group.stream()
            .filter(s -> s.amount() != null)
            .max(
                Comparator.comparing(Sale::time)
                    .thenComparing(Sale::partition)
                    .thenComparing(Sale::offset))
            .map(Sale::amount)
            .orElse(null),
        group.stream().filter(s -> s.epoch() >= horizon).count());
  }

  /** Rows as they were answered, in the same words. */
  public static Map<Cell, Numbers> answered(List<MergedRow> rows) {
    Map<Cell, Numbers> answered = new HashMap<>();
    for (MergedRow row : rows) {
      Numbers numbers =
          new Numbers(
              (Long) row.value("sales"),
              (BigDecimal) row.value("total"),
              (BigDecimal) row.value("average"),
              (BigDecimal) row.value("least"),
              (BigDecimal) row.value("greatest"),
              (Long) row.value("clerks"),
              (BigDecimal) row.value("last"),
              row.speedEvents());
      if (row.events() != numbers.sales()
          || !row.end().equals(row.start().plus(Sales.WINDOW))
          || answered.put(new Cell(row.key(), row.start()), numbers) != null) {
        throw new AssertionError("a row that contradicts itself or another: " + row);
      }
    }
    return answered;
  }

  /** The part of the truth that a question asks for; {@code key} is null for all. */
  public static Map<Cell, Numbers> part(
      Map<Cell, Numbers> truth, List<?> key, Instant from, Instant to) {
    return truth.entrySet().stream()
        .filter(e -> key == null || Objects.equals(e.getKey().key(), key))
        .filter(e -> !e.getKey().window().isBefore(from) && e.getKey().window().isBefore(to))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
