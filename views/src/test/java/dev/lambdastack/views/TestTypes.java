package dev.lambdastack.views;

import static dev.lambdastack.views.Metric.avg;
import static dev.lambdastack.views.Metric.count;
import static dev.lambdastack.views.Metric.distinct;
import static dev.lambdastack.views.Metric.latest;
import static dev.lambdastack.views.Metric.max;
import static dev.lambdastack.views.Metric.min;
import static dev.lambdastack.views.Metric.sum;

import dev.lambdastack.views.aggregate.Aggregate;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import org.apache.avro.Schema;

/** Event types and views of the tests. */
public final class TestTypes {
  private static final String NULLABLE = "{\"name\":\"%s_null\",\"type\":[\"null\",%s]}";

  /**
   * One column of each type, never null, and one of each that may be, named {@code <type>_null}.
   */
  static final List<String> SIMPLE = List.of("text", "whole", "money", "real", "flag", "time");

  private static final String DECIMAL =
      "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":18,\"scale\":2}";
  private static final String TIMESTAMP =
      "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}";

  static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"Everything","namespace":"test","fields":[
                {"name":"at","type":%2$s},
                {"name":"text","type":"string"},
                {"name":"whole","type":"long"},
                {"name":"money","type":%1$s},
                {"name":"real","type":"double"},
                {"name":"flag","type":"boolean"},
                {"name":"time","type":%2$s},
                %3$s,
                {"name":"small","type":"int"},
                {"name":"single","type":"float"},
                {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"]}},
                {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
                {"name":"other","type":"string"},
                {"name":"wide","type":{"type":"bytes","logicalType":"decimal","precision":19,"scale":2}},
                {"name":"raw","type":"bytes"},
                {"name":"many","type":{"type":"array","items":"string"}},
                {"name":"choice","type":["string","long"]}
              ]}"""
                  .formatted(
                      DECIMAL,
                      TIMESTAMP,
                      String.join(
                          ",",
                          NULLABLE.formatted("text", "\"string\""),
                          NULLABLE.formatted("whole", "\"long\""),
                          NULLABLE.formatted("money", DECIMAL),
                          NULLABLE.formatted("real", "\"double\""),
                          NULLABLE.formatted("flag", "\"boolean\""),
                          NULLABLE.formatted("time", TIMESTAMP))));

  public static final EventType EVERYTHING = EventType.of("everything", SCHEMA, "at", "text");

  /** Every kind of metric over every type of column that it takes, nullable and not. */
  public static final View ALL_METRICS = allMetrics();

  private TestTypes() {}

  private static View allMetrics() {
    View.Builder view =
        View.named("all_metrics")
            .over(EVERYTHING)
            .keyedBy("text")
            .window(Duration.ofMinutes(1))
            .metric("n", count());
    for (String null_ : List.of("", "_null")) {
      for (String column : List.of("whole", "money")) {
        view.metric("sum_" + column + null_, sum(column + null_));
        view.metric("avg_" + column + null_, avg(column + null_));
        view.metric("floor_" + column + null_, avg(column + null_, 1, RoundingMode.FLOOR));
      }
      for (String column : List.of("whole", "money", "real", "time")) {
        view.metric("min_" + column + null_, min(column + null_));
        view.metric("max_" + column + null_, max(column + null_));
      }
      for (String column : SIMPLE) {
        view.metric("distinct_" + column + null_, distinct(column + null_));
        view.metric("latest_" + column + null_, latest(column + null_));
      }
    }
    return view.build();
  }

  /** A view of this metric alone, one row for each minute. */
  public static View of(Metric metric) {
    return View.named("one")
        .over(EVERYTHING)
        .window(Duration.ofMinutes(1))
        .metric("m", metric)
        .build();
  }

  /** The aggregate of these events, whatever their key and window. */
  public static Aggregate aggregate(View view, Iterable<TestEvent> events) {
    List<String> columns = view.columns();
    BoundView bound = view.bind(columns);
    Aggregate aggregate = view.shape().emptyAggregate();
    for (TestEvent event : events) {
      if (bound.accepts(event.row(columns))) {
        bound.addTo(aggregate);
      }
    }
    return aggregate;
  }
}
