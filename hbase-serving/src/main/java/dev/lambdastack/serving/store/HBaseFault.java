package dev.lambdastack.serving.store;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Optional;
import org.apache.hadoop.hbase.MasterNotRunningException;
import org.apache.hadoop.hbase.NotServingRegionException;
import org.apache.hadoop.hbase.PleaseHoldException;
import org.apache.hadoop.hbase.TableNotEnabledException;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.ZooKeeperConnectionException;
import org.apache.hadoop.hbase.client.RetriesExhaustedException;
import org.apache.hadoop.hbase.client.RetriesExhaustedWithDetailsException;
import org.apache.hadoop.hbase.exceptions.TimeoutIOException;
import org.apache.hadoop.hbase.ipc.CallTimeoutException;
import org.apache.hadoop.hbase.ipc.ServerNotRunningYetException;
import org.apache.hadoop.hbase.regionserver.RegionServerStoppedException;

/** What kind of fault a failed call to HBase is. */
public final class HBaseFault {
  private HBaseFault() {}

  /** Whether a fault says that HBase, which had answered before, does not any more. */
  public static boolean isAway(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof RetriesExhaustedException
          || cause instanceof MasterNotRunningException
          || cause instanceof ZooKeeperConnectionException
          || cause instanceof ServerNotRunningYetException
          || cause instanceof PleaseHoldException
          || cause instanceof RegionServerStoppedException
          || cause instanceof NotServingRegionException
          || cause instanceof CallTimeoutException
          || cause instanceof TimeoutIOException
          || cause.getClass().getName().startsWith("org.apache.zookeeper.")
          || isOfTheClient(cause)) {
        return true;
      }
      if (cause.getCause() == cause) {
        return false;
      }
    }
    return false;
  }

  /**
   * The fault that says that a table does not exist or is being dropped, where one of the causes
   * does; those of a batch are looked at too.
   */
  public static Optional<IOException> tableGone(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof TableNotFoundException || cause instanceof TableNotEnabledException) {
        return Optional.of((IOException) cause);
      }
      if (cause instanceof RetriesExhaustedWithDetailsException batch) {
        Optional<IOException> gone =
            batch.getCauses().stream()
                .map(HBaseFault::tableGone)
                .flatMap(Optional::stream)
                .findFirst();
        if (gone.isPresent()) {
          return gone;
        }
      }
      if (cause.getCause() == cause) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** HBase's client says with Java's own exceptions, too, that nobody answers. */
  private static boolean isOfTheClient(Throwable fault) {
    return (fault instanceof SocketTimeoutException || fault instanceof ConnectException)
        && Arrays.stream(fault.getStackTrace())
            .anyMatch(f -> f.getClassName().startsWith("org.apache.hadoop.hbase.client."));
  }
}
