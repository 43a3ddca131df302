package dev.lambdastack.embedded;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.DoNotRetryIOException;
import org.apache.hadoop.hbase.client.Mutation;
import org.apache.hadoop.hbase.coprocessor.ObserverContext;
import org.apache.hadoop.hbase.coprocessor.RegionCoprocessor;
import org.apache.hadoop.hbase.coprocessor.RegionCoprocessorEnvironment;
import org.apache.hadoop.hbase.coprocessor.RegionObserver;
import org.apache.hadoop.hbase.regionserver.MiniBatchOperationInProgress;

/**
 * Lets the region servers of an {@link EmbeddedHBase} refuse what is written to some tables, and
 * counts what they refused. Open at first. Thread-safe.
 */
public final class WriteGate {
  private static final String ID = "embedded.write-gate";

  /** Region servers make their coprocessors by name: they find their gate by the cluster's id. */
  private static final Map<String, WriteGate> GATES = new ConcurrentHashMap<>();

  /** What a refusal tells the client. */
  public enum Refusal {
    /** To try again: HBase's client does so for minutes, and nobody above it hears of it. */
    FOR_NOW,
    /** Not to try again: the writer gets the exception at once. */
    FOR_GOOD
  }

  private final String id = UUID.randomUUID().toString();
  private final AtomicLong refused = new AtomicLong();
  private volatile Predicate<String> tables = table -> false;
  private volatile Refusal refusal;

  WriteGate() {
    GATES.put(id, this);
  }

  /** Sets up a region server so that it asks this gate. */
  void applyTo(Configuration servers) {
    servers.set(ID, id);
    servers.set("hbase.coprocessor.region.classes", Guard.class.getName());
  }

  /**
   * Refuses from now on.
   *
   * @param ofTables by their names, {@code <namespace>:<table>}
   */
  public void close(Predicate<String> ofTables, Refusal how) {
    refusal = how;
    tables = ofTables;
  }

  /** Refuses nothing from now on. */
  public void open() {
    tables = table -> false;
  }

  /** How many mutations were refused so far. */
  public long refused() {
    return refused.get();
  }

  void forget() {
    GATES.remove(id);
  }

  private void check(String table, int mutations) throws IOException {
    if (tables.test(table)) {
      refused.addAndGet(mutations);
      throw refusal == Refusal.FOR_NOW
          ? new IOException("Refused for now: the gate is closed")
          : new DoNotRetryIOException("Refused: the gate is closed");
    }
  }

  /** In each region of the cluster. */
  public static final class Guard implements RegionCoprocessor, RegionObserver {
    @Override
    public Optional<RegionObserver> getRegionObserver() {
      return Optional.of(this);
    }

    @Override
    public void preBatchMutate(
        ObserverContext<RegionCoprocessorEnvironment> context,
        MiniBatchOperationInProgress<Mutation> batch)
        throws IOException {
      WriteGate gate = GATES.get(context.getEnvironment().getConfiguration().get(ID));
      if (gate != null) {
        gate.check(
            context.getEnvironment().getRegionInfo().getTable().getNameWithNamespaceInclAsString(),
            batch.size());
      }
    }
  }
}
