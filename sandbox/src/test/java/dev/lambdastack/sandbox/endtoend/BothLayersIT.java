package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What makes it possible to compare the layers: both leave the same bytes of the same events. */
@ExtendWith(SharedSandbox.class)
final class BothLayersIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int TIES = 30;

  @Test
  void everyMetricHasTheSameBytesWhicheverLayerWorkedItOut() throws Exception {
    try (Scenario metrics = Scenario.open(ScenarioViews.METRICS, 77);
        RunningSpeedJob speed = metrics.layers().startSpeed()) {
      for (int epoch = 0; epoch < 3; epoch++) {
        produceWithTies(metrics, 250);
        metrics.layers().awaitEpochAfter(metrics.ledger().lastAppended());
      }
      Version version = metrics.batch().versions().get(0);
      speed.awaitApplied(version.horizon().offsets(), LIMIT);
      Generation generation = speed.generations().get(0);
      Map<String, Aggregate> batch = batch(metrics.hbase(), version);
      assertThat(bytes(bySpeed(metrics.hbase(), generation, version))).isEqualTo(bytes(batch));
      assertThat(generation.coverage()).as("the speed job has seen all").isZero();
      assertThat(batch.values().stream().mapToLong(Aggregate::events).sum())
          .isEqualTo(metrics.ledger().size());
      assertThat(batch.values())
          .as("an estimate is among them")
          .anyMatch(a -> (Long) a.values().get("orders") > 512);
      assertThat(batch.values().stream().map(a -> a.values().get("last_order")).toList())
          .containsAll(latestOrders(metrics.ledger().entries()));
    }
  }

  /** The latest events come again at the same time, from others, in other partitions. */
  private static void produceWithTies(Scenario scenario, int count) throws IOException {
    List<ShopEvent> events = scenario.produce(count);
    for (ShopEvent e : events.subList(count - TIES, count)) {
      for (int other = 1; other <= 4; other++) {
        scenario
            .producer()
            .send(
                new ShopEvent(
                    1_000_000L * other + e.orderId(),
                    e.customerId() + 61L * other,
                    e.productId(),
                    e.category() + other,
                    e.storeId(),
                    e.action(),
                    other,
                    e.amount(),
                    e.time()));
      }
    }
    scenario.producer().flush();
  }

  /** Of each action the order that is the latest, ties by partition and offset. */
  private static List<Long> latestOrders(List<Ledger.Entry> entries) {
    Map<ShopEvent.Action, Ledger.Entry> latest = new TreeMap<>();
    Comparator<Ledger.Entry> order =
        Comparator.comparing((Ledger.Entry e) -> e.event().time())
            .thenComparingInt(Ledger.Entry::partition)
            .thenComparingLong(Ledger.Entry::offset);
    entries.forEach(
        e -> latest.merge(e.event().action(), e, (a, b) -> order.compare(a, b) > 0 ? a : b));
    List<Long> orders = new ArrayList<>();
    for (Ledger.Entry winner : latest.values()) {
      Instant time = winner.event().time();
      assertThat(entries.stream().filter(e -> e.event().time().equals(time)).count())
          .as("events at %s", time)
          .isGreaterThan(1);
      orders.add(winner.event().orderId());
    }
    return orders;
  }

  private static Map<String, Aggregate> batch(Connection hbase, Version version)
      throws IOException {
    Map<String, Aggregate> rows = new TreeMap<>();
    try (Table table = hbase.getTable(TableName.valueOf(version.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result result : scanner) {
        rows.put(row(version, result), version.shape().decode(result.value()));
      }
    }
    return rows;
  }

  /** The cells of the epochs that the version holds, merged. */
  private static Map<String, Aggregate> bySpeed(
      Connection hbase, Generation generation, Version version) throws IOException {
    Map<String, Aggregate> rows = new TreeMap<>();
    try (Table table = hbase.getTable(TableName.valueOf(generation.table()));
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result result : scanner) {
        for (var cell : result.rawCells()) {
          if (version.horizon().covers(Cell.epoch(CellUtil.cloneQualifier(cell), 0))) {
            rows.computeIfAbsent(row(version, result), r -> generation.shape().emptyAggregate())
                .merge(generation.shape().decode(CellUtil.cloneValue(cell)));
          }
        }
      }
    }
    return rows;
  }

  private static String row(Version version, Result result) {
    return RowKey.key(version.shape(), result.getRow())
        + " "
        + Instant.ofEpochMilli(RowKey.windowStart(result.getRow()));
  }

  private static Map<String, String> bytes(Map<String, Aggregate> rows) {
    Map<String, String> bytes = new TreeMap<>();
    rows.forEach(
        (row, a) -> bytes.put(row, a.values() + " " + HexFormat.of().formatHex(a.toBytes())));
    return bytes;
  }
}
