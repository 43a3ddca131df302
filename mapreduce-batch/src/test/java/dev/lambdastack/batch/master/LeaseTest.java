package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir private Path folder;
  private Hits hits;
  private MasterTable table;

  @BeforeEach
  void open() throws IOException {
    hits = new Hits(folder);
    table = hits.open();
    hits.mustCommit(table, "run-1", 10, 0);
  }

  private boolean isHeld(String name, Instant now) throws IOException {
    return hits.open().isHeld(name, now);
  }

  /** Recomputes of several views begin at the same minute. */
  @Test
  void manyAreTakenAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Callable<Boolean>> runs = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String runId = "run-of-view-" + i;
        runs.add(
            () -> {
              try (Lease lease = Lease.take(hits.open(), runId, CLOCK, HOUR).lease()) {
                return isHeld(lease.name(), CLOCK.instant());
              }
            });
      }
      for (Future<Boolean> run : threads.invokeAll(runs)) {
        assertThat(run.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(hits.iceberg().refs()).containsOnlyKeys("main");
  }

  @Test
  void isHeldUntilItIsClosed() throws IOException {
    Lease.Leased first = Lease.take(table, "a", CLOCK, HOUR);
    String name = first.lease().name();
    try (Lease lease = first.lease()) {
      assertThat(isHeld(name, CLOCK.instant())).isTrue();
      hits.mustCommit(table, "run-2", 10, 0);
      Lease.Leased second = Lease.take(table, "b", CLOCK, HOUR);
      try (Lease other = second.lease()) {
        assertThat(isHeld(other.name(), CLOCK.instant())).isTrue();
        assertThat(second.contents().events()).isEqualTo(20);
        assertThat(second.contents().snapshot()).isNotEqualTo(first.contents().snapshot());
      }
      assertThat(isHeld(second.lease().name(), CLOCK.instant())).isFalse();
      assertThat(isHeld(lease.name(), CLOCK.instant())).isTrue();
    }
    assertThat(first.contents().events()).isEqualTo(10);
    assertThat(isHeld(name, CLOCK.instant())).isFalse();
    assertThat(hits.iceberg().refs()).containsOnlyKeys("main");
  }

  /** A sign that was under way when it was closed must not bring it back. */
  @Test
  void aClosedOneStaysClosed() throws IOException {
    for (int round = 0; round < 20; round++) {
      Lease.take(table, "round-" + round, CLOCK, Duration.ofMillis(4)).lease().close();
      assertThat(hits.iceberg().refs()).as("round %d", round).containsOnlyKeys("main");
    }
  }

  @Test
  void isLostWithoutASignOfLife() throws IOException {
    Instant now = CLOCK.instant();
    try (Lease lease = Lease.take(table, "a", Clock.fixed(now, CLOCK.getZone()), HOUR).lease()) {
      assertThat(isHeld(lease.name(), now.plus(HOUR).minusSeconds(1))).isTrue();
      assertThat(isHeld(lease.name(), now.plus(HOUR))).isFalse();
    }
  }

  @Test
  void givesSignsOfLife() throws IOException {
    Duration validity = Duration.ofSeconds(2);
    Instant began = Instant.now();
    try (Lease lease = Lease.take(table, "a", CLOCK, validity).lease()) {
      Instant deadline = began.plusSeconds(60);
      // What it showed first would be too old here.
      Instant later = began.plus(validity).plusMillis(1_000);
      while (!isHeld(lease.name(), later)) {
        assertThat(Instant.now()).isBefore(deadline);
      }
    }
  }

  /** Maintenance by whatever program. */
  @Test
  void keepsWhatItsRunReadsThroughExpiry() throws IOException {
    Lease.Leased leased = Lease.take(table, "a", CLOCK, HOUR);
    try (Lease lease = leased.lease()) {
      hits.mustCommit(table, "run-2", 10, 0);
      hits.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
      assertThat(hits.iceberg().snapshot(leased.contents().snapshot())).isNotNull();
      assertThat(isHeld(lease.name(), CLOCK.instant())).isTrue();
    }
    hits.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    assertThat(hits.iceberg().snapshot(leased.contents().snapshot())).isNull();
  }

  /** A NameNode that fails over, a client that is closed: none of it may cost a run its files. */
  @Test
  void goesOnGivingSignsAfterOnesThatFailAndSaysSo() throws IOException {
    hits.conf().setClass("fs.file.impl", Stumbling.class, FileSystem.class);
    hits.conf().setBoolean("fs.file.impl.disable.cache", true);
    MasterTable stumbling = hits.open();
    Duration validity = Duration.ofSeconds(2);
    Instant began = Instant.now();
    try (Lease lease = Lease.take(stumbling, "a", CLOCK, validity).lease()) {
      Stumbling.faults.set(2);

      Instant deadline = began.plusSeconds(60);
      while (Stumbling.faults.get() > 0) {
        assertThat(Instant.now()).as("signs that fail").isBefore(deadline);
      }
      // What it showed before the failures would be too old here.
      Instant later = Instant.now().plus(validity);
      while (!isHeld(lease.name(), later)) {
        assertThat(Instant.now()).as("a sign after those").isBefore(deadline);
      }
      assertThat(Files.readString(Path.of("target", "test.log")))
          .contains("Cannot give a sign of life of lease " + lease.name())
          .contains("the NameNode fails over", "the client is closed");
    }
  }

  /** The local one, where nothing can be written for a while. */
  public static final class Stumbling extends LocalFileSystem {
    static final AtomicInteger faults = new AtomicInteger();

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        FsPermission permission,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      switch (faults.getAndUpdate(left -> Math.max(0, left - 1))) {
        case 2 -> throw new IOException("the NameNode fails over");
        case 1 -> throw new IllegalStateException("the client is closed");
        default -> {
          return super.create(
              path, permission, overwrite, bufferSize, replication, blockSize, progress);
        }
      }
    }
  }
}
