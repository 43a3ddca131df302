package dev.lambdastack.speed;

import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the cells of a generation say, and what they ought to say, as lines that compare. */
public final class TestingCells {
  private TestingCells() {}

  /** Every cell: {@code <key> <window> epoch <n> = <metrics>}. */
  public static Map<String, String> actual(Connection hbase, Generation generation)
      throws IOException {
    Map<String, String> lines = new TreeMap<>();
    try (Table table = hbase.getTable(TableName.valueOf(generation.table()));
        ResultScanner scan = table.getScanner(new Scan())) {
      scan.forEach(
          row ->
              row.listCells()
                  .forEach(
                      cell -> {
                        byte[] key = CellUtil.cloneRow(cell);
                        long epoch = Cell.epoch(CellUtil.cloneQualifier(cell), 0);
                        var aggregate = generation.shape().decode(CellUtil.cloneValue(cell));
                        lines.put(
                            name(
                                RowKey.key(generation.shape(), key).get(0),
                                Instant.ofEpochMilli(RowKey.windowStart(key)),
                                epoch),
                            aggregate.values() + " of " + aggregate.events());
                      }));
    }
    return lines;
  }

  /** Every cell with its bytes and timestamp. */
  public static Map<String, String> bytes(Connection hbase, Generation generation)
      throws IOException {
    Map<String, String> lines = new TreeMap<>();
    try (Table table = hbase.getTable(TableName.valueOf(generation.table()));
        ResultScanner scan = table.getScanner(new Scan())) {
      scan.forEach(
          row ->
              row.listCells()
                  .forEach(
                      cell ->
                          lines.put(
                              HexFormat.of().formatHex(CellUtil.cloneRow(cell))
                                  + " "
                                  + Cell.epoch(CellUtil.cloneQualifier(cell), 0),
                              cell.getTimestamp()
                                  + " "
                                  + HexFormat.of().formatHex(CellUtil.cloneValue(cell)))));
    }
    return lines;
  }

  private static String name(Object key, Instant window, long epoch) {
    return key + " " + window + " epoch " + epoch;
  }

  /** Epochs by the running maximum of append times, written down plainly: record to epoch. */
  public static Map<ConsumerRecord<byte[], byte[]>, Long> epochs(
      List<ConsumerRecord<byte[], byte[]>> log, Duration epochLength) {
    Map<Integer, Long> greatest = new TreeMap<>();
    Map<ConsumerRecord<byte[], byte[]>, Long> epochs = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : log) {
      long logTime = greatest.merge(record.partition(), record.timestamp(), Math::max);
      epochs.put(record, logTime / epochLength.toMillis());
    }
    return epochs;
  }

  /** What {@code action_metrics} must say of these records from an epoch on. */
  public static Map<String, String> actionMetrics(
      TestingOrders orders, Map<ConsumerRecord<byte[], byte[]>, Long> epochs, long coverage) {
    Map<String, List<TestingOrders.Order>> groups = new TreeMap<>();
    epochs.forEach(
        (record, epoch) -> {
          TestingOrders.Order order = orders.order(record);
          if (order != null && epoch >= coverage) {
            long minute = order.time().toEpochMilli() / 60_000 * 60_000;
            groups
                .computeIfAbsent(
                    name(order.action(), Instant.ofEpochMilli(minute), epoch),
                    k -> new ArrayList<>())
                .add(order);
          }
        });
    Map<String, String> lines = new TreeMap<>();
    groups.forEach(
        (name, group) ->
            lines.put(
                name,
                String.format(
                    Locale.ROOT,
                    "{event_count=%d, total_amount=%s, unique_users=%d} of %d",
                    group.size(),
                    sum(group),
                    customers(group),
                    group.size())));
    return lines;
  }

  /** What {@code daily_sales} must say of these records from an epoch on. */
  public static Map<String, String> dailySales(
      TestingOrders orders, Map<ConsumerRecord<byte[], byte[]>, Long> epochs, long coverage) {
    Map<String, List<TestingOrders.Order>> groups = new TreeMap<>();
    epochs.forEach(
        (record, epoch) -> {
          TestingOrders.Order order = orders.order(record);
          if (order != null && epoch >= coverage && order.action().equals("purchase")) {
            long day = order.time().toEpochMilli() / 86_400_000 * 86_400_000;
            groups
                .computeIfAbsent(
                    name(order.category(), Instant.ofEpochMilli(day), epoch),
                    k -> new ArrayList<>())
                .add(order);
          }
        });
    Map<String, String> lines = new TreeMap<>();
    groups.forEach(
        (name, group) ->
            lines.put(
                name,
                String.format(
                    Locale.ROOT,
                    "{order_count=%d, total_revenue=%s, avg_order_value=%s, unique_customers=%d} of %d",
                    group.size(),
                    sum(group),
                    sum(group).divide(BigDecimal.valueOf(group.size()), 2, RoundingMode.HALF_UP),
                    customers(group),
                    group.size())));
    return lines;
  }

  /** What a view that only counts must say of these records from an epoch on. */
  public static Map<String, String> counts(
      TestingOrders orders,
      Map<ConsumerRecord<byte[], byte[]>, Long> epochs,
      long coverage,
      Function<TestingOrders.Order, String> key,
      Duration window,
      String metric) {
    Map<String, Long> counts = new TreeMap<>();
    epochs.forEach(
        (record, epoch) -> {
          TestingOrders.Order order = orders.order(record);
          if (order != null && epoch >= coverage) {
            long length = window.toMillis();
            Instant start = Instant.ofEpochMilli(order.time().toEpochMilli() / length * length);
            counts.merge(name(key.apply(order), start, epoch), 1L, Long::sum);
          }
        });
    Map<String, String> lines = new TreeMap<>();
    counts.forEach(
        (name, count) ->
            lines.put(name, String.format(Locale.ROOT, "{%s=%d} of %d", metric, count, count)));
    return lines;
  }

  private static BigDecimal sum(List<TestingOrders.Order> orders) {
    return orders.stream()
        .map(TestingOrders.Order::amount)
        .reduce(BigDecimal.ZERO.setScale(2), BigDecimal::add);
  }

  private static int customers(List<TestingOrders.Order> orders) {
    Set<Long> customers = new HashSet<>();
    orders.forEach(o -> customers.add(o.customer()));
    return customers.size();
  }
}
