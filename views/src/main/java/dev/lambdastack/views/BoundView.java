package dev.lambdastack.views;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A view over rows of a known column order: what both engines call for each event. Not thread-safe.
 *
 * <pre>{@code
 * if (bound.accepts(row)) {
 *   byte[] rowKey = bound.rowKey(row);
 *   bound.add(row, aggregates.computeIfAbsent(rowKey, ...));
 * }
 * }</pre>
 *
 * The three calls belong to one row and come in this order.
 */
public final class BoundView {
  private record Test(Condition.Test test, int column) {}

  private final View view;
  private final DerivedRow derivedRow;
  private final List<Test> tests = new ArrayList<>();
  private final Column[] keyColumns;
  private final int[] keys;
  private final int[] metrics;
  private final Optional<Test[]> shares;
  private final RowKey.Buffer key = new RowKey.Buffer();
  private long windowStart;
  private Row current;

  BoundView(View view, List<String> columns) {
    this.view = view;
    Map<String, Integer> index = new HashMap<>();
    columns.forEach(c -> index.putIfAbsent(c, index.size()));
    if (index.size() != columns.size() || !index.keySet().containsAll(view.columns())) {
      throw new IllegalArgumentException(
          "rows of " + columns + " for view " + view.name() + " of " + view.columns());
    }
    int count = columns.size();
    derivedRow = view.derived().isEmpty() ? null : new DerivedRow(view, index, count);
    for (String name : view.derived().keySet()) {
      index.put(name, count++);
    }
    view.filter()
        .forEach(
            (c, condition) -> tests.add(new Test(condition.test(view.column(c)), index.get(c))));
    keyColumns = view.shape().keyColumns().toArray(Column[]::new);
    keys = Arrays.stream(keyColumns).mapToInt(c -> index.get(c.name())).toArray();
    metrics =
        view.shape().metrics().stream()
            .mapToInt(m -> m.input() == null ? -1 : index.get(m.input().name()))
            .toArray();
    shares =
        columns.containsAll(view.columnsWithRules())
            ? Optional.of(
                view.shares().stream()
                    .map(
                        s ->
                            new Test(
                                s.condition().test(view.column(s.column())), index.get(s.column())))
                    .toArray(Test[]::new))
            : Optional.empty();
  }

  public View view() {
    return view;
  }

  /** Whether the view counts this event. */
  public boolean accepts(Row row) {
    current = derivedRow == null ? row : derivedRow.over(row);
    for (Test test : tests) {
      if (!test.test().accepts(current, test.column())) {
        return false;
      }
    }
    return true;
  }

  /**
   * The row key of the accepted event's key and window.
   *
   * @throws IllegalStateException when it would be longer than {@link RowKey#MAX_BYTES}: of a
   *     decoded event only where a derived column is part of the key
   */
  public byte[] rowKey() {
    encode();
    return checked(
        RowKey.of(view.shape().saltBuckets(), key.bytes(), key.length(), windowStart),
        () ->
            String.format(
                Locale.ROOT, " at partition %d offset %d", current.partition(), current.offset()));
  }

  /**
   * A hash of the accepted event's key and window, for tables that find a row without making its
   * key; not the same in each release.
   */
  public int rowHash() {
    encode();
    return key.hash(windowStart);
  }

  /** Whether this is the {@link #rowKey} of the event that {@link #rowHash} was asked for last. */
  public boolean isRow(byte[] rowKey) {
    return key.isKeyOf(rowKey, windowStart);
  }

  private void encode() {
    key.clear();
    for (int i = 0; i < keys.length; i++) {
      switch (keyColumns[i].type()) {
        case STRING -> key.appendUtf8(current.utf8At(keys[i]));
        case LONG, DECIMAL, TIMESTAMP -> key.appendLong(current.longAt(keys[i]));
        case BOOLEAN -> key.appendBoolean(current.longAt(keys[i]) != 0);
        case DOUBLE -> throw new AssertionError("keys are never floating point");
      }
    }
    windowStart = view.shape().windowStart(current.eventTime());
  }

  /** The row key of a key's components and a window. */
  byte[] rowKey(RowKey.Buffer components, long windowStart) {
    return checked(
        RowKey.of(view.shape().saltBuckets(), components.bytes(), components.length(), windowStart),
        () -> "");
  }

  private byte[] checked(byte[] row, Supplier<String> where) {
    if (row.length > RowKey.MAX_BYTES) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "The row key of view %s%s has %d bytes, where HBase takes %d; let the derived columns of its key be shorter",
              view.name(),
              where.get(),
              row.length,
              RowKey.MAX_BYTES));
    }
    return row;
  }

  /** The event that was accepted last, with derived columns behind its own. */
  Row current() {
    return current;
  }

  /** Indices of the key's columns, derived ones behind the event's own. */
  int[] keys() {
    return keys.clone();
  }

  /** Indices of the metrics' columns, as {@link #keys}; -1 for a metric without one. */
  int[] metrics() {
    return metrics.clone();
  }

  /** Folds the accepted event into an aggregate of its key and window. */
  public void addTo(Aggregate aggregate) {
    aggregate.add(current, metrics);
  }

  /**
   * Counts whether the accepted event meets the condition of each of {@link View#shares()}, in
   * their order. Only where the rows have {@link View#columnsWithRules()}.
   */
  public void countShares(long[] meeting) {
    Test[] conditions = shares.orElseThrow();
    for (int i = 0; i < conditions.length; i++) {
      if (conditions[i].test().accepts(current, conditions[i].column())) {
        meeting[i]++;
      }
    }
  }

  /** The event's own columns, then the derived ones, each computed at most once for an event. */
  private static final class DerivedRow implements Row {
    private final String viewName;
    private final int base;
    private final DerivedColumn[] formulas;
    private final InputRow[] inputs;
    private final Object[] values;
    private final boolean[] known;
    private Row row;

    DerivedRow(View view, Map<String, Integer> index, int base) {
      this.viewName = view.name();
      this.base = base;
      this.formulas = view.derived().values().toArray(DerivedColumn[]::new);
      this.inputs =
          Arrays.stream(formulas)
              .map(f -> new InputRow(f.inputs().stream().mapToInt(index::get).toArray()))
              .toArray(InputRow[]::new);
      this.values = new Object[formulas.length];
      this.known = new boolean[formulas.length];
    }

    DerivedRow over(Row next) {
      row = next;
      Arrays.fill(known, false);
      return this;
    }

    private Object value(int column) {
      int i = column - base;
      if (!known[i]) {
        values[i] = compute(formulas[i], inputs[i].over(row));
        known[i] = true;
      }
      return values[i];
    }

    /** Computes and converts to String bytes, Long or Double. */
    private Object compute(DerivedColumn formula, Row input) {
      Column column = formula.column();
      Object value;
      try {
        value = formula.derivation().apply(input);
        if (value == null) {
          if (!column.nullable()) {
            throw new IllegalStateException("null (the column is declared as never null)");
          }
          return null;
        }
        return switch (column.type()) {
          case STRING -> ((String) value).getBytes(StandardCharsets.UTF_8);
          case LONG -> RowKey.wholeNumber(value);
          case DECIMAL ->
              ((BigDecimal) value).setScale(column.scale()).unscaledValue().longValueExact();
          case DOUBLE -> ((Number) value).doubleValue();
          case BOOLEAN -> (Boolean) value ? 1L : 0L;
          case TIMESTAMP -> ((Instant) value).toEpochMilli();
        };
      } catch (RuntimeException e) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "Cannot compute column '%s' of view %s at partition %d offset %d: %s",
                column.name(),
                viewName,
                input.partition(),
                input.offset(),
                e),
            e);
      }
    }

    @Override
    public boolean isNull(int column) {
      return column < base ? row.isNull(column) : value(column) == null;
    }

    @Override
    public long longAt(int column) {
      return column < base ? row.longAt(column) : (Long) value(column);
    }

    @Override
    public double doubleAt(int column) {
      return column < base ? row.doubleAt(column) : (Double) value(column);
    }

    @Override
    public byte[] utf8At(int column) {
      return column < base ? row.utf8At(column) : (byte[]) value(column);
    }

    @Override
    public long eventTime() {
      return row.eventTime();
    }

    @Override
    public int partition() {
      return row.partition();
    }

    @Override
    public long offset() {
      return row.offset();
    }
  }
}
