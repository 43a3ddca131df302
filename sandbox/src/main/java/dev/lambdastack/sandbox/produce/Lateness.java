package dev.lambdastack.sandbox.produce;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.foodmart.ShopEvent.Action;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * How many sales came late, on each side of a horizon. A sale is late by as many days as its day
 * lies before the latest day of the sales that were produced before it. Returns are left out: their
 * time lies ahead of what was sold so far.
 *
 * @param sales how many sales there are
 * @param late how many came late by a day or more
 * @param lateInBatch how many of the late ones lie before the horizon
 * @param lateInSpeed how many of the late ones lie behind it
 * @param medianDays by how many days the middle one of the late ones is late; 0 when none is
 * @param mostDays by how many days the latest one is late
 */
public record Lateness(
    long sales, long late, long lateInBatch, long lateInSpeed, long medianDays, long mostDays) {

  /**
   * Counts.
   *
   * @param entries what Kafka has acknowledged
   * @param horizon offsets by partition, exclusive
   */
  public static Lateness of(List<Ledger.Entry> entries, Map<Integer, Long> horizon) {
    List<Ledger.Entry> produced = new ArrayList<>(entries);
    produced.sort(Comparator.comparingLong(Ledger.Entry::place));

    LocalDate latest = LocalDate.MIN;
    long sales = 0;
    long inBatch = 0;
    List<Long> days = new ArrayList<>();
    for (Ledger.Entry entry : produced) {
      ShopEvent event = entry.event();
      if (event.action() != Action.PURCHASE) {
        continue;
      }

      sales++;
      LocalDate day = event.time().atZone(ZoneOffset.UTC).toLocalDate();
      if (day.isBefore(latest)) {
        days.add(ChronoUnit.DAYS.between(day, latest));
        inBatch += entry.isBefore(horizon) ? 1 : 0;
      } else {
        latest = day;
      }
    }

    days.sort(Comparator.naturalOrder());
    return new Lateness(
        sales,
        days.size(),
        inBatch,
        days.size() - inBatch,
        days.isEmpty() ? 0 : days.get(days.size() / 2),
        days.isEmpty() ? 0 : days.get(days.size() - 1));
  }
}
