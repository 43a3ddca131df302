package dev.lambdastack.views.aggregate;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.View;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A view over events that come column by column: the aggregates of all keys and windows seen so
 * far. What it gives are the row keys and the bytes that {@link BoundView} and {@link Aggregate}
 * would give, in a fraction of the time: texts are compared by number, a row key is made once for
 * each group, and metrics are kept in primitive arrays. Not thread-safe.
 */
public final class ColumnarAggregation {
  /** Takes what a group came to; the arrays may be kept. */
  @FunctionalInterface
  public interface Sink {
    /**
     * One group.
     *
     * @param value as {@link Aggregate#toBytes}
     * @param marked whether one of its rows was marked
     */
    void take(byte[] rowKey, byte[] value, boolean marked) throws IOException, InterruptedException;
  }

  /** The part of a key that one column makes, as a long. */
  private static final class KeyPart {
    private final ColumnType type;
    private final int column;
    private final TextNumbers texts = new TextNumbers();

    /** Numbers of the texts of a dictionary, less than 0 where not yet known. */
    private int[] numbers = new int[0];

    private TextDictionary numbersOf;

    KeyPart(ColumnType type, int column) {
      this.type = type;
      this.column = column;
    }

    void clear() {
      texts.clear();
      numbersOf = null;
    }

    private int[] numbersOf(TextDictionary dictionary) {
      if (dictionary != numbersOf) {
        numbersOf = dictionary;
        numbers = numbers.length < dictionary.size() ? new int[dictionary.size()] : numbers;
        Arrays.fill(numbers, -1);
      }
      return numbers;
    }

    void read(ColumnVector vector, int[] rows, int count, long[] into) {
      if (type != ColumnType.STRING) {
        long[] longs = vector.longs();
        for (int i = 0; i < count; i++) {
          into[i] = longs[rows[i]];
        }
        return;
      }

      TextDictionary dictionary = vector.texts();
      int[] known = numbersOf(dictionary);
      int[] ids = vector.ids();

      for (int i = 0; i < count; i++) {
        int id = ids[rows[i]];
        int number = known[id];
        if (number < 0) {
          number = texts.number(dictionary.text(id));
          known[id] = number;
        }
        into[i] = number;
      }
    }

    void append(long part, RowKey.Buffer key) {
      switch (type) {
        case STRING -> key.appendUtf8(texts.text((int) part));
        case LONG, DECIMAL, TIMESTAMP -> key.appendLong(part);
        case BOOLEAN -> key.appendBoolean(part != 0);
        case DOUBLE -> throw new AssertionError("keys are never floating point");
      }
    }
  }

  private static final int MAX_TOLD = 20;
  private static final int[] ALL = new int[ColumnBatch.CAPACITY];

  static {
    Arrays.setAll(ALL, i -> i);
  }

  private final View view;
  private final BoundView bound;
  private final int ownColumns;
  private final ColumnVector[] derived;
  private final boolean looksAtRows;
  private final long[] meeting;
  private long counted;
  private long setAside;
  private final List<String> whySetAside = new ArrayList<>();
  private final KeyPart[] parts;

  /** Numbers of the first two parts, of that and the third, and so on. */
  private final PairTable[] keys;

  /** Key and window start. */
  private final PairTable groups = new PairTable();

  private final WindowGroups window;

  private final int[] inputs;
  private final ColumnarAccumulator[] accumulators;
  private final ColumnarAccumulator.Count events = new ColumnarAccumulator.Count();
  private boolean[] marks = new boolean[0];

  private final int[] accepted = new int[ColumnBatch.CAPACITY];
  private final int[] groupOf = new int[ColumnBatch.CAPACITY];
  private final long[] key = new long[ColumnBatch.CAPACITY];
  private final long[] part = new long[ColumnBatch.CAPACITY];
  private final RowKey.Buffer rowKey = new RowKey.Buffer();
  private final ByteArrayOutputStream value = new ByteArrayOutputStream(256);
  private ColumnBatch cursorOf;
  private ColumnBatch.Cursor cursor;

  /**
   * Nothing yet.
   *
   * @param columns of the batches to come, in their order; must hold all that the view and its
   *     rules read
   */
  public ColumnarAggregation(View view, List<String> columns) {
    this.view = view;
    this.bound = view.bind(columns);
    this.window = new WindowGroups(view.shape().window().toMillis(), groups);
    this.ownColumns = columns.size();

    this.derived =
        view.derived().values().stream()
            .map(d -> new ColumnVector(d.column(), ColumnBatch.CAPACITY))
            .toArray(ColumnVector[]::new);

    this.meeting = new long[view.shares().size()];
    this.looksAtRows =
        derived.length > 0
            || !view.filter().isEmpty()
            || !view.keptTexts().isEmpty()
            || meeting.length > 0;

    List<Column> keyColumns = view.shape().keyColumns();
    this.parts = new KeyPart[keyColumns.size()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = new KeyPart(keyColumns.get(i).type(), bound.keys()[i]);
    }

    this.keys = new PairTable[Math.max(0, parts.length - 1)];
    Arrays.setAll(keys, i -> new PairTable());

    this.inputs = bound.metrics();
    this.accumulators =
        view.shape().metrics().stream()
            .map(m -> ColumnarAccumulator.of(m.metric(), m.input()))
            .toArray(ColumnarAccumulator[]::new);
  }

  /** Folds in all rows of a batch that the view counts. */
  public void add(ColumnBatch batch) {
    add(batch, ALL, batch.size(), null);
  }

  /**
   * Folds in those of some rows that the view counts.
   *
   * @param rows their indices, ascending, in the first {@code count} places
   * @param marked by index which rows mark their group; null for none
   */
  public void add(ColumnBatch batch, int[] rows, int count, boolean[] marked) {
    int[] taken = rows;
    int n = count;
    if (looksAtRows) {
      taken = accepted;
      n = accept(batch, rows, count, marked);
    }

    findGroups(batch, taken, n);
    events.ensure(groups.size());
    events.add(batch, null, taken, groupOf, n);
    for (int i = 0; i < accumulators.length; i++) {
      accumulators[i].ensure(groups.size());
      accumulators[i].add(batch, vector(batch, inputs[i]), taken, groupOf, n);
    }

    if (marked != null) {
      mark(taken, n, marked);
    }
  }

  private void mark(int[] rows, int count, boolean[] marked) {
    if (marks.length < groups.size()) {
      marks = Arrays.copyOf(marks, Math.max(groups.size(), 2 * marks.length));
    }
    for (int i = 0; i < count; i++) {
      marks[groupOf[i]] |= marked[rows[i]];
    }
  }

  /** Tests the filter, computes derived columns and counts for the rules, row by row. */
  private int accept(ColumnBatch batch, int[] rows, int count, boolean[] marked) {
    for (ColumnVector column : derived) {
      if (column.column().type() == ColumnType.STRING) {
        column.useOwnTexts();
      }
    }

    if (cursorOf != batch) {
      cursorOf = batch;
      cursor = batch.cursor();
    }

    int n = 0;
    for (int i = 0; i < count; i++) {
      int row = rows[i];
      if (bound.accepts(cursor.at(row))) {
        for (int d = 0; d < derived.length; d++) {
          derived[d].set(row, bound.current(), ownColumns + d);
        }
        if (meeting.length > 0 && (marked == null || !marked[row])) {
          counted++;
          bound.countShares(meeting);
        }
        accepted[n++] = row;
      } else if (bound.whySetAside().isPresent() && (marked == null || !marked[row])) {
        setAside++;
        if (whySetAside.size() < MAX_TOLD) {
          whySetAside.add(bound.whySetAside().get());
        }
      }
    }

    return n;
  }

  private ColumnVector vector(ColumnBatch batch, int column) {
    return column < 0
        ? null
        : column < ownColumns ? batch.column(column) : derived[column - ownColumns];
  }

  private void findGroups(ColumnBatch batch, int[] rows, int count) {
    if (parts.length == 0) {
      Arrays.fill(key, 0, count, 0);
    } else {
      parts[0].read(vector(batch, parts[0].column), rows, count, key);
    }

    for (int p = 1; p < parts.length; p++) {
      parts[p].read(vector(batch, parts[p].column), rows, count, part);
      PairTable pairs = keys[p - 1];
      for (int i = 0; i < count; i++) {
        key[i] = pairs.number(key[i], part[i]);
      }
    }

    window.find(key, batch.eventTimes(), rows, count, groupOf);
  }

  /**
   * How many rows that are not marked were counted; 0 where the view has no {@link View#shares}.
   */
  public long counted() {
    return counted;
  }

  /** How many of them meet the condition of each of {@link View#shares()}. */
  public long[] meeting() {
    return meeting.clone();
  }

  /** How many rows that are not marked the view cannot take, as {@link BoundView} judges. */
  public long setAside() {
    return setAside;
  }

  /** Where the first of them stand and why; a few. */
  public List<String> whySetAside() {
    return List.copyOf(whySetAside);
  }

  /** How many keys and windows there are. */
  public int size() {
    return groups.size();
  }

  /** About how much memory is held; takes time in proportion to {@link #size}. */
  public long sizeBytes() {
    long bytes = groups.sizeBytes() + events.sizeBytes() + marks.length;
    for (KeyPart p : parts) {
      bytes += p.texts.sizeBytes();
    }
    for (PairTable pairs : keys) {
      bytes += pairs.sizeBytes();
    }
    for (ColumnarAccumulator accumulator : accumulators) {
      bytes += accumulator.sizeBytes();
    }
    return bytes;
  }

  /** Gives all groups away, in no order, and begins anew. */
  public void drain(Sink sink) throws IOException, InterruptedException {
    DataOutputStream out = new DataOutputStream(value);
    for (int group = 0; group < groups.size(); group++) {
      value.reset();
      out.writeByte(Aggregate.LAYOUT);
      events.writeTo(group, out);
      for (ColumnarAccumulator accumulator : accumulators) {
        accumulator.writeTo(group, out);
      }
      sink.take(rowKey(group), value.toByteArray(), group < marks.length && marks[group]);
    }
    clear();
  }

  private byte[] rowKey(int group) {
    rowKey.clear();
    if (parts.length > 0) {
      appendParts(groups.first(group), parts.length - 1);
    }
    return bound.rowKey(rowKey, groups.second(group));
  }

  /** The parts up to the last-th. */
  private void appendParts(long number, int last) {
    long own = number;
    if (last > 0) {
      appendParts(keys[last - 1].first((int) number), last - 1);
      own = keys[last - 1].second((int) number);
    }
    parts[last].append(own, rowKey);
  }

  private void clear() {
    groups.clear();
    window.clear();
    Arrays.stream(keys).forEach(PairTable::clear);
    Arrays.stream(parts).forEach(KeyPart::clear);
    Arrays.stream(accumulators).forEach(ColumnarAccumulator::clear);
    events.clear();
    Arrays.fill(marks, false);
  }
}
