package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.RowText;
import dev.lambdastack.views.Aggregate;
import dev.lambdastack.views.Cell;
import dev.lambdastack.views.Generation;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.ViewShape;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.filter.ColumnRangeFilter;

/**
 * Reads two versions and the speed cells between their horizons, row key by row key, and compares
 * bytes: {@code before ⊕ speed[H1, H2) = version}.
 */
final class DriftScan {
  private static final int EXAMPLES = 10;
  private static final int THREADS = 4;
  private static final int CHUNK = 1_000;

  private final Connection connection;
  private final Version before;
  private final Version version;
  private final Optional<Generation> generation;

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
        running.add(threads.submit(() -> compare(start, stop)));
      }
      Drift sum = drift(0, 0, List.of());
      for (Future<Drift> part : running) {
        sum = add(sum, part.get());
      }
      return sum;
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
    long rows = 0;
    long differing = 0;
    List<String> examples = new ArrayList<>();
    Scan batch = scan(start, stop).addColumn(Cell.batchFamily(), Cell.batchQualifier());
    try (Cursor old = Cursor.open(connection, before.table(), batch);
        Cursor cells = speedCells(start, stop);
        Cursor now = Cursor.open(connection, version.table(), new Scan(batch))) {
      byte[] key = least(old.key(), least(cells.key(), now.key()));
      while (key != null) {
        Result was = old.takeIf(key);
        Result since = cells.takeIf(key);
        Result is = now.takeIf(key);
        rows++;
        if (!isSame(was, since, is)) {
          differing++;
          if (examples.size() < EXAMPLES) {
            examples.add(RowText.of(version.shape(), key) + ": " + difference(was, since, is));
          }
        }
        key = least(old.key(), least(cells.key(), now.key()));
      }
    }
    return drift(rows, differing, examples);
  }

  private Cursor speedCells(byte[] start, byte[] stop) throws IOException {
    if (generation.isEmpty()) {
      return Cursor.EMPTY;
    }
    Scan scan =
        scan(start, stop)
            .addFamily(Cell.speedFamily())
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
    String us = "version %d".formatted(version.number());
    String them = "version %d and speed".formatted(before.number());
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
      parts.add("%d events, %s have %d".formatted(now.events(), them, expected.events()));
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
