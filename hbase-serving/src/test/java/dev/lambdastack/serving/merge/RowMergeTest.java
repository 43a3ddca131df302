package dev.lambdastack.serving.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.serving.testing.Aggregates;
import dev.lambdastack.serving.testing.Sale;
import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.serving.testing.Truth;
import dev.lambdastack.views.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RowMergeTest {
  private static final View VIEW = Sales.view("sales", "shop");

  private static List<LayerRow> rows(List<Sale> sales) {
    List<LayerRow> rows = new ArrayList<>();
    Aggregates.of(VIEW, sales).forEach((key, value) -> rows.add(new LayerRow(key, value)));
    return rows;
  }

  private static List<MergedRow> merge(List<Sale> batch, List<Sale> speed) {
    RowMerge merge = new RowMerge(rows(batch).iterator(), rows(speed).iterator());
    List<MergedRow> merged = new ArrayList<>();
    merge.forEachRemaining(m -> merged.add(m.row(VIEW.shape())));
    return merged;
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void anySplitOfTheEventsGivesTheTruthOfAllOfThem(
      @ForAll long seed,
      @ForAll @IntRange(max = 120) int count,
      @ForAll @IntRange(max = 10) int h) {
    List<Sale> sales = Sales.random(new Random(seed), count);
    long horizon = Sales.FIRST_EPOCH + h;
    List<MergedRow> merged =
        merge(
            sales.stream().filter(s -> s.epoch() < horizon).toList(),
            sales.stream().filter(s -> s.epoch() >= horizon).toList());
    assertThat(Truth.answered(merged)).isEqualTo(Truth.of(sales, s -> List.of(s.shop()), horizon));
  }

  @Example
  void sharesAreOfEvents() {
    List<Sale> sales = Sales.random(new Random(1), 1);
    MergedRow both = merge(sales, List.of(sales.get(0), sales.get(0), sales.get(0))).get(0);
    assertThat(both.events()).isEqualTo(4);
    assertThat(both.speedShare()).isEqualTo(0.75);
    assertThat(merge(sales, List.of()).get(0).speedShare()).isZero();
    assertThat(merge(List.of(), sales).get(0).speedShare()).isEqualTo(1);
  }

  @Example
  void nothingMergesToNothing() {
    RowMerge merge = new RowMerge(Collections.emptyIterator(), Collections.emptyIterator());
    assertThat(merge.hasNext()).isFalse();
    assertThatThrownBy(merge::next).isInstanceOf(NoSuchElementException.class);
  }

  @Example
  void rowsOutOfOrderAreAFault() {
    List<LayerRow> rows = rows(Sales.random(new Random(2), 50));
    Collections.swap(rows, 3, 4);
    assertFault(rows.iterator());
    List<LayerRow> twice = rows(Sales.random(new Random(2), 50));
    twice.add(3, twice.get(3));
    assertFault(twice.iterator());
  }

  private static void assertFault(Iterator<LayerRow> rows) {
    RowMerge merge = new RowMerge(rows, Collections.emptyIterator());
    assertThatThrownBy(() -> merge.forEachRemaining(row -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ascend");
  }

  @Example
  void anUnknownMetricIsNamed() {
    MergedRow row = merge(Sales.random(new Random(1), 1), List.of()).get(0);
    assertThatThrownBy(() -> row.value("turnover"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("turnover")
        .hasMessageContaining("total");
  }
}
