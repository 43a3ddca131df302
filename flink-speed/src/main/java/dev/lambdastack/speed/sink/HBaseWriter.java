package dev.lambdastack.speed.sink;

import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.Restarts;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.progress.RunClaim;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.AsyncConnection;
import org.apache.hadoop.hbase.client.AsyncTable;
import org.apache.hadoop.hbase.client.Put;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes totals in batches, a bounded number of them at once. Used by one task thread. */
final class HBaseWriter implements SinkWriter<Total> {
  private static final Logger LOG = LoggerFactory.getLogger(HBaseWriter.class);
  private static final int BATCH_ROWS = 500;
  private static final long BATCH_BYTES = 1 << 20;
  private static final long MAX_BYTES = 16 << 20;
  private static final int MAX_BATCHES = 16;
  private static final long LINGER_MILLIS = 20;

  /** Below Flink's limit for a cancelled task (180 s). */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(60);

  private final AsyncConnection connection;
  private final RunClaim claim;
  private final Map<Integer, AsyncTable<?>> tables = new HashMap<>();
  private final CellBuffer buffer;
  private final InFlight inFlight = new InFlight(MAX_BYTES, MAX_BATCHES);
  private final ProcessingTimeService clock;
  private boolean sendIsDue;

  /**
   * @param restored the checkpoint that this attempt goes on from, if from any
   */
  HBaseWriter(
      SpeedPlan plan,
      OptionalLong restored,
      AsyncConnection connection,
      ProcessingTimeService clock) {
    this.connection = connection;
    this.clock = clock;
    this.claim = RunClaim.of(plan).attempt(restored);
    this.buffer = new CellBuffer(plan.epochLength());
    plan.slots()
        .forEach(
            s ->
                tables.put(
                    s.number(), connection.getTable(TableName.valueOf(s.generation().table()))));
  }

  @Override
  public void write(Total total, Context context) throws IOException, InterruptedException {
    inFlight.check();
    buffer.add(total);

    if (buffer.rows() >= BATCH_ROWS || buffer.sizeBytes() >= BATCH_BYTES) {
      send();
    } else if (!sendIsDue) {
      sendIsDue = true;
      clock.registerTimer(
          clock.getCurrentProcessingTime() + LINGER_MILLIS,
          time -> {
            sendIsDue = false;
            send();
          });
    }
  }

  private void send() throws IOException, InterruptedException {
    if (buffer.isEmpty()) {
      return;
    }

    checkOurs();
    for (Map.Entry<Integer, List<Put>> batch : buffer.drain().entrySet()) {
      long size = batch.getValue().stream().mapToLong(Put::heapSize).sum();
      inFlight.begin(size);
      try {
        tables
            .get(batch.getKey())
            .putAll(batch.getValue())
            .whenComplete((done, problem) -> inFlight.end(size, problem));
      } catch (RuntimeException e) {
        inFlight.end(size, e);
        throw e;
      }
    }
  }

  /** What another run or attempt has taken over from writes no more. */
  private void checkOurs() throws IOException {
    Restarts.decide(claim::checkNowAndThen);
  }

  /** Returns when every total that was ever given is durable. */
  @Override
  public void flush(boolean endOfInput) throws IOException, InterruptedException {
    send();
    inFlight.awaitAll();
  }

  /**
   * Sends nothing more, and waits for what is under way: a write that outlives its job could hide a
   * total of the next one that has the same count.
   */
  @Override
  public void close() throws IOException {
    if (!inFlight.settle(CLOSE_LIMIT)) {
      LOG.warn("Writes to HBase were still under way after {}", CLOSE_LIMIT);
    }
    connection.close();
  }
}
