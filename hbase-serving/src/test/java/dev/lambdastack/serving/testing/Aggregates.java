package dev.lambdastack.serving.testing;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.Aggregate;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a view makes of sales. */
public final class Aggregates {
  private Aggregates() {}

  /** The aggregates by row key, ascending as HBase does. */
  public static SortedMap<byte[], Aggregate> of(View view, List<Sale> sales) {
    BoundView bound = view.bind(Sale.COLUMNS);
    SortedMap<byte[], Aggregate> aggregates = new TreeMap<>(Arrays::compareUnsigned);
    for (Sale sale : sales) {
      Row row = sale.row();
      if (bound.accepts(row)) {
        bound.addTo(
            aggregates.computeIfAbsent(bound.rowKey(), key -> view.shape().emptyAggregate()));
      }
    }
    return aggregates;
  }
}
