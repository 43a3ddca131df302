package dev.lambdastack.serving.read;

import dev.lambdastack.serving.merge.LayerRow;
import dev.lambdastack.views.RowKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of one scan whose windows are asked for, fetched and decoded a chunk ahead of whoever
 * takes them: the first chunk is under way when the constructor returns. An I/O fault comes as
 * {@link UncheckedIOException}. For one thread.
 */
final class LayerScan implements Iterator<LayerRow>, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LayerScan.class);

  /** Rows in a chunk, at most; HBase sends fewer at once where they are large. */
  private static final int CHUNK = 500;

  /**
   * What to read.
   *
   * @param decode makes a row of what HBase returned
   */
  record Source(TableName table, Scan scan, Function<Result, LayerRow> decode) {}

  private final HBaseCalls calls;
  private final Deadline deadline;
  private final Fetch fetch;
  private Future<Chunk> ahead;
  private Iterator<LayerRow> rows = List.<LayerRow>of().iterator();

  LayerScan(
      HBaseCalls calls,
      Deadline deadline,
      Connection connection,
      Source source,
      WindowRange windows) {
    this.calls = calls;
    this.deadline = deadline;
    this.fetch = new Fetch(connection, source, windows);
    this.ahead = calls.start(fetch::next);
  }

  @Override
  public boolean hasNext() {
    while (!rows.hasNext() && ahead != null) {
      Chunk chunk;
      try {
        chunk = HBaseCalls.await(ahead, deadline);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      rows = chunk.rows().iterator();
      ahead = chunk.last() ? null : calls.start(fetch::next);
    }
    return rows.hasNext();
  }

  @Override
  public LayerRow next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return rows.next();
  }

  /** Does not wait: a chunk that is under way is given up, and the scanner closed behind it. */
  @Override
  public void close() {
    if (ahead != null) {
      ahead.cancel(true);
      ahead = null;
      calls.startIfOpen(fetch::closeQuietly);
    }
  }

  private record Chunk(List<LayerRow> rows, boolean last) {}

  /** What runs on the threads of {@link HBaseCalls}: one chunk after the other, then the end. */
  private static final class Fetch {
    private final Connection connection;
    private final Source source;
    private final WindowRange windows;
    private Table table;
    private ResultScanner scanner;
    private boolean closed;

    Fetch(Connection connection, Source source, WindowRange windows) {
      this.connection = connection;
      this.source = source;
      this.windows = windows;
    }

    synchronized Chunk next() throws IOException {
      if (closed) {
        return new Chunk(List.of(), true);
      }

      if (scanner == null) {
        table = connection.getTable(source.table());
        scanner = table.getScanner(source.scan().setCaching(CHUNK));
      }

      Result[] results = scanner.next(CHUNK);
      boolean last = results.length < CHUNK;
      if (last) {
        close();
      }

      List<LayerRow> rows = new ArrayList<>(results.length);
      for (Result result : results) {
        if (windows.contains(RowKey.windowStart(result.getRow()))) {
          rows.add(source.decode().apply(result));
        }
      }

      return new Chunk(rows, last);
    }

    /** What goes wrong here concerns no answer. */
    void closeQuietly() {
      try {
        close();
      } catch (IOException e) {
        LOG.debug("Cannot close a scan of {}", source.table(), e);
      }
    }

    synchronized void close() throws IOException {
      closed = true;
      if (scanner != null) {
        scanner.close();
        scanner = null;
        table.close();
      }
    }
  }
}
