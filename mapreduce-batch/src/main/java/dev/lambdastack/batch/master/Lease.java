package dev.lambdastack.batch.master;

import dev.lambdastack.settings.files.Heartbeat;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/**
 * Keeps a snapshot of a topic's table, and with it its files, for a run that reads them, whatever
 * is committed, expired or compacted meanwhile, by this project's maintenance or another one's.
 *
 * <p>It is a tag of the snapshot with an age at which it ends, which the run's signs of life put
 * off. A run that is killed loses it after a while.
 */
public final class Lease implements AutoCloseable {
  private static final String TAG = "lambda-run-";

  private final MasterTable table;
  private final String tag;
  private final long snapshot;
  private final Clock clock;
  private final Duration validity;
  private final Heartbeat heartbeat;
  private boolean isClosed;

  private Lease(MasterTable table, String tag, long snapshot, Clock clock, Duration validity) {
    this.table = table;
    this.tag = tag;
    this.snapshot = snapshot;
    this.clock = clock;
    this.validity = validity;
    this.heartbeat = Heartbeat.start("lease " + tag, validity.dividedBy(4), this::beat);
  }

  /**
   * What a table holds now, kept.
   *
   * @param contents of the snapshot that is kept
   */
  public record Leased(Lease lease, Contents contents) {}

  /**
   * Takes a lease on what the table holds, which must be something.
   *
   * @param runId of the run that reads
   * @param validity how long it holds without a sign of life: {@code lambda.lease}
   */
  public static Leased take(MasterTable table, String runId, Clock clock, Duration validity)
      throws IOException {
    String tag = TAG + runId;
    while (true) {
      Contents contents = table.contents().orElseThrow();
      if (table.tag(tag, contents.snapshot(), clock.instant().plus(validity))) {
        return new Leased(new Lease(table, tag, contents.snapshot(), clock, validity), contents);
      }
      // The snapshot has expired since: there is a newer one.
    }
  }

  /** For {@link MasterTable#isHeld}. */
  public String name() {
    return tag;
  }

  /** None comes after the end, which would bring the tag back. */
  private synchronized void beat() throws IOException {
    if (!isClosed) {
      table.tag(tag, snapshot, clock.instant().plus(validity));
    }
  }

  /** Where it cannot be removed, it is lost soon. */
  @Override
  public void close() {
    heartbeat.close();
    end();
  }

  private synchronized void end() {
    isClosed = true;
    try {
      table.removeTag(tag);
    } catch (IOException | RuntimeException e) {
      // as said
    }
  }
}
