package dev.lambdastack.views.aggregate;

import dev.lambdastack.views.Row;
import dev.lambdastack.views.ViewShape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a view keeps for one key and window: the number of events and each metric, in declared
 * order.
 *
 * <p>Laws: {@link #merge} is associative and commutative, {@link ViewShape#emptyAggregate()} is its
 * identity, and any way to split the same events over aggregates and merge them gives the same
 * {@link #toBytes()}. Not thread-safe.
 */
public final class Aggregate {
  /** The first byte of every value. */
  static final byte LAYOUT = 1;

  /**
   * The bytes of UTF-8 that a text may have which is kept as it is, by {@code latest} or as an
   * attribute of a dimension: what Kafka takes by default passes.
   */
  public static final int MAX_KEPT_TEXT_BYTES = 1 << 20;

  /** Those that all texts of a cell may have together: HBase takes cells of 10 MiB. */
  private static final int MAX_CELL_TEXT_BYTES = 8 << 20;

  private final ViewShape shape;
  private final Accumulator[] accumulators;
  private long events;

  public Aggregate(ViewShape shape) {
    this.shape = shape;
    List<ViewShape.NamedMetric> metrics = shape.metrics();
    this.accumulators = new Accumulator[metrics.size()];
    for (int i = 0; i < accumulators.length; i++) {
      accumulators[i] = Accumulator.of(metrics.get(i).metric(), metrics.get(i).input());
    }
  }

  /**
   * The bytes that each text may have of a view that keeps so many; each may come from an event of
   * its own.
   */
  public static int maxTextBytes(int texts) {
    return Math.min(MAX_KEPT_TEXT_BYTES, MAX_CELL_TEXT_BYTES / texts);
  }

  public void add(Row row, int[] columns) {
    events++;
    for (int i = 0; i < accumulators.length; i++) {
      accumulators[i].add(row, columns[i]);
    }
  }

  /** Folds in another aggregate of the same view, which stays as it is. */
  public void merge(Aggregate other) {
    if (other.shape != shape && !other.shape.metrics().equals(shape.metrics())) {
      throw new IllegalArgumentException(
          "aggregates of two declarations: %s of view %s, %s of view %s"
              .formatted(shape.metrics(), shape.name(), other.shape.metrics(), other.shape.name()));
    }
    events = Math.addExact(events, other.events);
    for (int i = 0; i < accumulators.length; i++) {
      accumulators[i].merge(other.accumulators[i]);
    }
  }

  /** How many events were folded in. */
  public long events() {
    return events;
  }

  /**
   * The value of each metric by its name, in declared order; a metric that saw only nulls maps to
   * null.
   */
  public Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < accumulators.length; i++) {
      values.put(shape.metrics().get(i).name(), accumulators[i].value());
    }
    return values;
  }

  /**
   * How many different values of a column a {@code distinct} metric has seen; empty where that is
   * an estimate.
   */
  public OptionalLong exactDistinct(String column) {
    for (int i = 0; i < accumulators.length; i++) {
      ViewShape.NamedMetric metric = shape.metrics().get(i);
      if (accumulators[i] instanceof Accumulator.Distinct distinct
          && metric.input().name().equals(column)) {
        return distinct.isExact() ? OptionalLong.of((Long) distinct.value()) : OptionalLong.empty();
      }
    }
    throw new IllegalStateException("view " + shape.name() + " has no distinct of " + column);
  }

  /** The value as tables store it: layout byte, number of events (8 bytes), each metric. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      out.writeByte(LAYOUT);
      out.writeLong(events);
      for (Accumulator accumulator : accumulators) {
        accumulator.writeTo(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return bytes.toByteArray();
  }

  public static Aggregate fromBytes(ViewShape shape, byte[] bytes, int offset, int length) {
    Aggregate aggregate = new Aggregate(shape);
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, offset, length));
    try {
      byte layout = in.readByte();
      if (layout != LAYOUT) {
        throw new IOException("layout " + layout + " (expected " + LAYOUT + ")");
      }

      aggregate.events = in.readLong();
      for (Accumulator accumulator : aggregate.accumulators) {
        accumulator.readFrom(in);
      }
      if (in.available() > 0) {
        throw new IOException(in.available() + " bytes too many");
      }
    } catch (IOException | NumberFormatException e) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "Cannot decode a value of view %s (%d bytes): %s",
              shape.name(),
              length,
              e instanceof EOFException ? "it ends too early" : e.getMessage()),
          e);
    }

    return aggregate;
  }
}
