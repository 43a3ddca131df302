package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.views.Aggregate;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashAggregationTest {
  /** However often it is full: what comes out, merged, are the bytes of the whole. */
  @ParameterizedTest
  @ValueSource(longs = {1, 200_000, Long.MAX_VALUE})
  void spillsMergeToTheWhole(long memoryBytes) throws Exception {
    View view =
        View.named("sales")
            .over(Sale.type("sales", Sale.V1))
            .keyedBy("user", "quantity")
            .window(Duration.ofHours(1))
            .metric("events", Metric.count())
            .metric("amount", Metric.sum("amount"))
            .metric("coupons", Metric.distinct("coupon"))
            .build();
    BoundView bound = view.bind(view.columns());
    EventDecoder decoder =
        new EventDecoder(Sale.SCHEMAS, view.eventType(), view.columns(), Instant.EPOCH);
    Map<String, Aggregate> merged = new HashMap<>();
    Map<String, Aggregate> whole = new HashMap<>();
    HexFormat hex = HexFormat.of();
    HashAggregation aggregation =
        new HashAggregation(
            view.shape(),
            memoryBytes,
            (key, aggregate) ->
                merged
                    .computeIfAbsent(hex.formatHex(key), k -> view.shape().emptyAggregate())
                    .merge(aggregate));
    Random random = new Random(1);
    for (int i = 0; i < 40_000; i++) {
      byte[] value = Sale.random(random, 1_000_000L + random.nextInt(9_000_000)).encode(Sale.V1);
      DecodedEvent event = (DecodedEvent) decoder.decode(value, 0, i, Long.MAX_VALUE);
      assertThat(bound.accepts(event.row())).isTrue();
      byte[] key = bound.rowKey();
      bound.addTo(aggregation.of(key));
      bound.addTo(whole.computeIfAbsent(hex.formatHex(key), k -> view.shape().emptyAggregate()));
    }
    aggregation.flush();
    assertThat(merged.keySet()).isEqualTo(whole.keySet());
    whole.forEach((key, a) -> assertThat(merged.get(key).toBytes()).isEqualTo(a.toBytes()));
    if (memoryBytes == Long.MAX_VALUE) {
      assertThat(aggregation.spills()).isZero();
    } else {
      assertThat(aggregation.spills()).isPositive();
    }
  }
}
