package dev.lambdastack.batch.publish;

import dev.lambdastack.views.RowText;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.filter.ColumnRangeFilter;

/**
 * Reads two versions and the speed cells between their horizons, row key by row key, and compares
 * bytes: {@code before ⊕ speed[H1, H2) = version}. Where the version began as a copy of the one
 * before, rows that were not written since are the same cells in the same files: only those that
 * were, and those that have speed cells, are read then.
 */
final class DriftScan {
  private static final int EXAMPLES = 10;
  private static final int THREADS = 4;
  private static final int CHUNK = 1_000;

  private final Connection connection;
  private final Version before;
  private final Version version;
  private final Optional<Generation> generation;

  /** Rows that were read and the version does not have. */
  private final LongAdder missing = new LongAdder();

  /**
   * A scan.
   *
   * @param generation that holds all between the horizons; empty where these are the same
   */
  DriftScan(
      Connection connection, Version before, Version version, Optional<Generation> generation) {
    this.connection = connection;
    this.before = before;
    this.version = version;
    this.generation = generation;
  }

  /** Ranges of salts, some at once. */
  Drift run() throws IOException, InterruptedException {
    int salts = version.shape().saltBuckets();
    int parts = Math.min(salts, 2 * THREADS);
    ExecutorService threads = Executors.newFixedThreadPool(Math.min(parts, THREADS));
    try {
      List<Future<Drift>> running = new ArrayList<>();
      for (int i = 0; i < parts; i++) {
        byte[] start = salt(i * salts / parts);
        byte[] stop = salt((i + 1) * salts / parts);
        running.add(
            threads.submit(() -> isCopy() ? compareWritten(start, stop) : compare(start, stop)));
      }

      Drift sum = drift(0, 0, List.of());
      for (Future<Drift> part : running) {
        sum = add(sum, part.get());
      }
      return isCopy() ? add(sum, drift(unread(sum), 0, List.of())) : sum;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException fault) {
        throw fault;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static byte[] salt(int salt) {
    return salt == 256 ? new byte[0] : new byte[] {(byte) salt};
  }

  private Drift drift(long rows, long differing, List<String> examples) {
    return new Drift(
        before.number(),
        generation.map(g -> OptionalLong.of(g.number())).orElse(OptionalLong.empty()),
        rows,
        differing,
        examples);
  }

  private Drift add(Drift a, Drift b) {
    List<String> examples = new ArrayList<>(a.examples());
    b.examples().stream().limit(EXAMPLES - examples.size()).forEach(examples::add);
    return drift(a.rows() + b.rows(), a.differing() + b.differing(), examples);
  }

  private Drift compare(byte[] start, byte[] stop) throws IOException {
    Tally tally = new Tally();
    Scan batch = scan(start, stop).addColumn(Cell.batchFamily(), Cell.batchQualifier());
    try (Cursor old = Cursor.open(connection, before.table(), batch);
        Cursor cells = speedCells(start, stop);
        Cursor now = Cursor.open(connection, version.table(), new Scan(batch))) {
      byte[] key = least(old.key(), least(cells.key(), now.key()));
      while (key != null) {
        tally.take(key, old.takeIf(key), cells.takeIf(key), now.takeIf(key));
        key = least(old.key(), least(cells.key(), now.key()));
      }
    }

    return tally.drift();
  }

  private boolean isCopy() {
    return version.origin().stream()
        .flatMapToLong(o -> o.base().stream())
        .anyMatch(base -> base == before.number());
  }

  /** Rows of the version that are not read, since they are those of the version before. */
  private long unread(Drift read) {
    return version.rows() - (read.rows() - missing.sum());
  }

  /** A row that was written since, or has speed cells. */
  private record Candidate(byte[] key, Result since, Result is) {}

  private Drift compareWritten(byte[] start, byte[] stop) throws IOException {
    Tally tally = new Tally();
    long copied = Cell.batchTimestamp(before.horizon().epoch(), before.epochLength());
    Scan written =
        scan(start, stop)
            .addColumn(Cell.batchFamily(), Cell.batchQualifier())
            .setTimeRange(copied + 1, Long.MAX_VALUE);

    try (Cursor cells = speedCells(start, stop);
        Cursor now = Cursor.open(connection, version.table(), written);
        Table old = connection.getTable(TableName.valueOf(before.table()));
        Table whole = connection.getTable(TableName.valueOf(version.table()))) {
      List<Candidate> some = new ArrayList<>();
      byte[] key = least(cells.key(), now.key());
      while (key != null) {
        some.add(new Candidate(key, cells.takeIf(key), now.takeIf(key)));
        key = least(cells.key(), now.key());

        if (some.size() == CHUNK || key == null) {
          compare(some, old, whole, tally);
          some.clear();
        }
      }
    }

    return tally.drift();
  }

  private void compare(List<Candidate> some, Table old, Table whole, Tally tally)
      throws IOException {
    Result[] were = old.get(some.stream().map(c -> get(c.key())).toList());
    List<Candidate> copied = some.stream().filter(c -> c.is() == null).toList();
    Iterator<Result> copies =
        Arrays.asList(whole.get(copied.stream().map(c -> get(c.key())).toList())).iterator();
    for (int i = 0; i < were.length; i++) {
      Candidate candidate = some.get(i);
      Result is = candidate.is() == null ? orNull(copies.next()) : candidate.is();
      tally.take(candidate.key(), orNull(were[i]), candidate.since(), is);
    }
  }

  private static Get get(byte[] key) {
    return new Get(key).addColumn(Cell.batchFamily(), Cell.batchQualifier());
  }

  private static Result orNull(Result result) {
    return result.isEmpty() ? null : result;
  }

  /** What a part of the rows comes to. */
  private final class Tally {
    private long rows;
    private long differing;
    private final List<String> examples = new ArrayList<>();

    void take(byte[] key, Result was, Result since, Result is) {
      rows++;
      if (is == null) {
        missing.increment();
      }
      if (!isSame(was, since, is)) {
        differing++;
        if (examples.size() < EXAMPLES) {
          examples.add(RowText.of(version.shape(), key) + ": " + difference(was, since, is));
        }
      }
    }

    Drift drift() {
      return DriftScan.this.drift(rows, differing, examples);
    }
  }

  private Cursor speedCells(byte[] start, byte[] stop) throws IOException {
    if (generation.isEmpty()) {
      return Cursor.EMPTY;
    }

    Scan scan =
        scan(start, stop)
            .addFamily(Cell.speedFamily())
            .setTimeRange(
                Cell.speedTimestamp(before.horizon().epoch(), before.epochLength(), 0),
                Long.MAX_VALUE)
            .setFilter(
                new ColumnRangeFilter(
                    Cell.speedQualifier(before.horizon().epoch()),
                    true,
                    Cell.speedQualifier(version.horizon().epoch()),
                    false));

    return Cursor.open(connection, generation.get().table(), scan);
  }

  private static Scan scan(byte[] start, byte[] stop) {
    return new Scan()
        .withStartRow(start)
        .withStopRow(stop)
        .setReadType(Scan.ReadType.STREAM)
        .setCacheBlocks(false)
        .setCaching(CHUNK);
  }

  private static byte[] least(byte[] a, byte[] b) {
    return a == null || b != null && Arrays.compareUnsigned(b, a) < 0 ? b : a;
  }

  private boolean isSame(Result was, Result since, Result is) {
    if (is == null) {
      return false;
    }
    if (since == null) {
      return was != null && Arrays.equals(was.value(), is.value());
    }
    return Arrays.equals(merged(was, since).toBytes(), is.value());
  }

  private Aggregate merged(Result was, Result since) {
    ViewShape shape = version.shape();
    Aggregate merged = shape.emptyAggregate();
    if (was != null) {
      merged.merge(shape.decode(was.value()));
    }
    if (since != null) {
      for (org.apache.hadoop.hbase.Cell cell : since.rawCells()) {
        merged.merge(
            shape.decode(cell.getValueArray(), cell.getValueOffset(), cell.getValueLength()));
      }
    }

    return merged;
  }

  /** Metric by metric, those that differ. */
  private String difference(Result was, Result since, Result is) {
    String us = String.format(Locale.ROOT, "version %d", version.number());
    String them = String.format(Locale.ROOT, "version %d and speed", before.number());

    if (is == null) {
      return "missing in %s; %s have %s".formatted(us, them, text(merged(was, since)));
    }

    Aggregate now = version.shape().decode(is.value());
    if (was == null && since == null) {
      return "%s has %s; missing in %s".formatted(us, text(now), them);
    }

    Aggregate expected = merged(was, since);
    List<String> parts = new ArrayList<>();
    if (now.events() != expected.events()) {
      parts.add(
          String.format(
              Locale.ROOT, "%d events, %s have %d", now.events(), them, expected.events()));
    }

    Map<String, Object> values = expected.values();
    now.values()
        .forEach(
            (metric, value) -> {
              if (!Objects.equals(value, values.get(metric))) {
                parts.add(
                    "%s %s, %s have %s"
                        .formatted(metric, text(value), them, text(values.get(metric))));
              }
            });

    return us
        + " has "
        + (parts.isEmpty() ? "other bytes of equal values" : String.join("; ", parts));
  }

  private static String text(Aggregate row) {
    List<String> parts = new ArrayList<>();
    parts.add(row.events() + " events");
    row.values().forEach((metric, value) -> parts.add(metric + " " + text(value)));
    return String.join(", ", parts);
  }

  private static String text(Object value) {
    return value instanceof BigDecimal decimal ? decimal.toPlainString() : String.valueOf(value);
  }

  /** A scan whose next row can be looked at. */
  private static final class Cursor implements AutoCloseable {
    static final Cursor EMPTY = new Cursor(null, null, null);

    private final Table table;
    private final ResultScanner scanner;
    private Result next;

    private Cursor(Table table, ResultScanner scanner, Result first) {
      this.table = table;
      this.scanner = scanner;
      this.next = first;
    }

    static Cursor open(Connection connection, String name, Scan scan) throws IOException {
      Table table = connection.getTable(TableName.valueOf(name));
      ResultScanner scanner = table.getScanner(scan);
      return new Cursor(table, scanner, scanner.next());
    }

    byte[] key() {
      return next == null ? null : next.getRow();
    }

    /** The next row, if it has this key. */
    Result takeIf(byte[] key) throws IOException {
      if (next == null || !Arrays.equals(next.getRow(), key)) {
        return null;
      }
      Result taken = next;
      next = scanner.next();
      return taken;
    }

    @Override
    public void close() throws IOException {
      if (scanner != null) {
        scanner.close();
        table.close();
      }
    }
  }
}
