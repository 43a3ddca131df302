package dev.lambdastack.views;

import dev.lambdastack.views.aggregate.Aggregate;
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

/**
 * A view over rows of a known column order: what both engines call for each event. Not thread-safe.
 *
 * <p>It is the one judge of which events the view cannot take: where a derived column's formula
 * throws an exception, or gives a key or a text that no table has room for, {@link #accepts} says
 * no, {@link #whySetAside} says why, and no other view is concerned. An {@link Error} of a formula
 * may come in one thread and not in the other: it sets nothing aside and is thrown as an {@link
 * InvalidInputException}, in either layer.
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

  /** The event that is looked at is not for this view. */
  private static final class SetAside extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SetAside(String why) {
      super(why, null, false, false);
    }
  }

  private final View view;
  private final DerivedRow derivedRow;
  private final List<Test> tests = new ArrayList<>();
  private final Column[] keyColumns;
  private final int[] keys;
  private final int[] metrics;
  private final Optional<Test[]> shares;

  /** Whether the event's own columns do not bound the length of a key. */
  private final boolean keysMayBeLong;

  /** The texts that a cell keeps as they are. */
  private final int[] keptTexts;

  private Optional<String> whySetAside = Optional.empty();
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
    keysMayBeLong =
        Arrays.stream(keyColumns)
            .anyMatch(c -> c.type() == ColumnType.STRING && view.derived().containsKey(c.name()));
    keptTexts = view.keptTexts().stream().mapToInt(index::get).toArray();
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

  /**
   * Whether the view counts this event.
   *
   * @throws InvalidInputException when a formula ends in an {@link Error}
   */
  public boolean accepts(Row row) {
    whySetAside = Optional.empty();
    current = derivedRow == null ? row : derivedRow.over(row);

    try {
      for (Test test : tests) {
        if (!test.test().accepts(current, test.column())) {
          return false;
        }
      }
      if (derivedRow != null) {
        derivedRow.computeAll();
      }
      checkSizes();
      return true;
    } catch (SetAside e) {
      whySetAside = Optional.of(e.getMessage());
      return false;
    }
  }

  /**
   * Why the view cannot take the event that {@link #accepts} was asked about last, with where it
   * stands in the log; empty where it can, or where its conditions leave the event out.
   */
  public Optional<String> whySetAside() {
    return whySetAside;
  }

  private void checkSizes() {
    if (keysMayBeLong) {
      encode();
      int length = RowKey.length(key.length());
      if (length > RowKey.MAX_DERIVED_BYTES) {
        throw tooLong("the row key", length, RowKey.MAX_DERIVED_BYTES);
      }
    }

    for (int column : keptTexts) {
      int length = current.isNull(column) ? 0 : current.utf8At(column).length;
      if (length > Aggregate.maxTextBytes(keptTexts.length)) {
        throw tooLong("a text for latest(...)", length, Aggregate.maxTextBytes(keptTexts.length));
      }
    }
  }

  private SetAside tooLong(String what, long found, long most) {
    return new SetAside(
        String.format(
            Locale.ROOT,
            "View %s at %s: %s has %d bytes, more than %d",
            view.name(),
            place(view, current),
            what,
            found,
            most));
  }

  private static String place(View view, Row row) {
    return String.format(
        Locale.ROOT,
        "topic %s partition %d offset %d",
        view.eventType().topic(),
        row.partition(),
        row.offset());
  }

  /** The row key of the accepted event's key and window. */
  public byte[] rowKey() {
    encode();
    return rowKey(key, windowStart);
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
  public byte[] rowKey(RowKey.Buffer components, long start) {
    return RowKey.of(view.shape().saltBuckets(), components.bytes(), components.length(), start);
  }

  /** The event that was accepted last, with derived columns behind its own. */
  public Row current() {
    return current;
  }

  /** Indices of the key's columns, derived ones behind the event's own. */
  public int[] keys() {
    return keys.clone();
  }

  /** Indices of the metrics' columns, as {@link #keys}; -1 for a metric without one. */
  public int[] metrics() {
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
    private final View view;
    private final int base;
    private final DerivedColumn[] formulas;
    private final InputRow[] inputs;
    private final Object[] values;
    private final boolean[] known;
    private final UserCodeWatch.Call call = new UserCodeWatch.Call(this::running);
    private Column computing;
    private Row row;

    DerivedRow(View view, Map<String, Integer> index, int base) {
      this.view = view;
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

    void computeAll() {
      for (int i = 0; i < formulas.length; i++) {
        value(base + i);
      }
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
        computing = column;
        call.begin();
        try {
          value = formula.derivation().apply(input);
        } finally {
          call.end();
        }

        if (value == null) {
          if (!column.nullable()) {
            throw new IllegalStateException("null (the column is declared as never null)");
          }
          return null;
        }

        return switch (column.type()) {
          case STRING -> utf8((String) value);
          case LONG -> RowKey.wholeNumber(value);
          case DECIMAL -> Numbers.unscaled((BigDecimal) value, column.scale());
          case DOUBLE -> ((Number) value).doubleValue();
          case BOOLEAN -> (Boolean) value ? 1L : 0L;
          case TIMESTAMP -> ((Instant) value).toEpochMilli();
        };
      } catch (Exception e) {
        // Whatever it declares: code of other languages throws checked ones too.
        throw new SetAside(failed(column, input, e));
      } catch (Error e) {
        throw new InvalidInputException(
            failed(column, input, e)
                + "; it may not come again in another thread, so the event is not set aside: mend the formula",
            e);
      }
    }

    private static byte[] utf8(String text) {
      Surrogates.alone(text)
          .ifPresent(
              half -> {
                throw new IllegalArgumentException("half of a character, " + half);
              });
      return text.getBytes(StandardCharsets.UTF_8);
    }

    private String running() {
      return "Cannot compute column '%s' of view %s at %s"
          .formatted(computing.name(), view.name(), place(view, row));
    }

    private String failed(Column column, Row input, Throwable why) {
      return "Cannot compute column '%s' of view %s at %s: %s"
          .formatted(column.name(), view.name(), place(view, input), why);
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
