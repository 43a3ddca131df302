package dev.lambdastack.serving.merge;

import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Merges the batch rows and the speed rows of a view by row key, as they come. Holds one row of
 * each side. Not thread-safe.
 *
 * <p>Law: the result for a key and window is the aggregate of the events of both sides, whichever
 * of the two has a row for it.
 */
public final class RowMerge implements Iterator<RowMerge.Merged> {
  /**
   * Both layers' part of a row.
   *
   * @param rowKey not copied
   * @param whole the aggregate of both; belongs to whoever holds this
   * @param speedEvents how many of its events the speed layer contributed
   */
  public record Merged(byte[] rowKey, Aggregate whole, long speedEvents) {
    /**
     * The row as it is answered.
     *
     * @param shape by which the row key was made
     */
    public MergedRow row(ViewShape shape) {
      return MergedRow.of(shape, rowKey, whole, speedEvents);
    }
  }

  private final Side batch;
  private final Side speed;

  /** Both iterators ascend by row key, without repeating one. */
  public RowMerge(Iterator<LayerRow> batch, Iterator<LayerRow> speed) {
    this.batch = new Side(batch);
    this.speed = new Side(speed);
  }

  @Override
  public boolean hasNext() {
    return batch.peek() != null || speed.peek() != null;
  }

  @Override
  public Merged next() {
    LayerRow left = batch.peek();
    LayerRow right = speed.peek();
    if (left == null && right == null) {
      throw new NoSuchElementException();
    }

    int order = left == null ? 1 : right == null ? -1 : compare(left, right);
    if (order < 0) {
      return merged(batch.take(), 0);
    }
    if (order > 0) {
      LayerRow row = speed.take();
      return merged(row, row.aggregate().events());
    }

    Aggregate whole = batch.take().aggregate();
    whole.merge(speed.take().aggregate());
    return merged(new LayerRow(left.rowKey(), whole), right.aggregate().events());
  }

  private static Merged merged(LayerRow row, long speedEvents) {
    return new Merged(row.rowKey(), row.aggregate(), speedEvents);
  }

  private static int compare(LayerRow a, LayerRow b) {
    return Arrays.compareUnsigned(a.rowKey(), b.rowKey());
  }

  /** One layer's rows with a look at the next; a row out of order would be counted twice. */
  private static final class Side {
    private final Iterator<LayerRow> rows;
    private LayerRow next;

    Side(Iterator<LayerRow> rows) {
      this.rows = rows;
      this.next = rows.hasNext() ? rows.next() : null;
    }

    LayerRow peek() {
      return next;
    }

    LayerRow take() {
      LayerRow taken = next;
      next = rows.hasNext() ? rows.next() : null;
      if (next != null && compare(taken, next) >= 0) {
        throw new IllegalArgumentException("rows do not ascend by their keys");
      }
      return taken;
    }
  }
}
