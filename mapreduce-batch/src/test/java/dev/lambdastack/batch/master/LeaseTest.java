package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path folder;

  private MasterDataset dataset() throws IOException {
    return MasterDataset.open(new Configuration(), folder.toUri().toString(), "hits");
  }

  private static Clock at(Instant instant) {
    return Clock.fixed(instant, ZoneOffset.UTC);
  }

  @Test
  void isHeldUntilItIsClosed() throws IOException {
    MasterDataset dataset = dataset();
    assertThat(Lease.held(dataset, NOW, HOUR)).isEmpty();
    try (Lease first = Lease.take(dataset, "run-1", at(NOW), HOUR)) {
      assertThat(Lease.held(dataset, NOW, HOUR)).containsExactly(0L);
      dataset.commit(ManifestTest.manifest(1, Optional.empty(), 0, 5));
      try (Lease second = Lease.take(dataset, "run-2", at(NOW), HOUR)) {
        assertThat(Lease.held(dataset, NOW, HOUR)).containsExactlyInAnyOrder(0L, 1L);
      }
      assertThat(Lease.held(dataset, NOW, HOUR)).containsExactly(0L);
    }
    assertThat(Lease.held(dataset, NOW, HOUR)).isEmpty();
  }

  @Test
  void isLostWithoutASignOfLife() throws IOException {
    MasterDataset dataset = dataset();
    try (Lease lease = Lease.take(dataset, "run-1", at(NOW), HOUR)) {
      assertThat(Lease.held(dataset, NOW.plus(HOUR).minusSeconds(1), HOUR)).containsExactly(0L);
      assertThat(Lease.lost(dataset, NOW.plus(HOUR).minusSeconds(1), HOUR)).isEmpty();
      assertThat(Lease.held(dataset, NOW.plus(HOUR), HOUR)).isEmpty();
      assertThat(Lease.lost(dataset, NOW.plus(HOUR), HOUR)).hasSize(1);
    }
  }

  @Test
  void givesSignsOfLife() throws IOException {
    MasterDataset dataset = dataset();
    Duration validity = Duration.ofSeconds(2);
    Instant began = Instant.now();
    try (Lease lease = Lease.take(dataset, "run-1", Clock.systemUTC(), validity)) {
      Instant deadline = began.plusSeconds(60);
      // What it showed first would be too old here.
      Instant later = began.plus(validity).plusMillis(200);
      while (Lease.held(dataset, later, validity).isEmpty()) {
        assertThat(Instant.now()).isBefore(deadline);
      }
    }
  }

  /** A NameNode that fails over, a client that is closed: none of it may cost a run its files. */
  @Test
  void goesOnGivingSignsAfterOnesThatFailAndSaysSo() throws IOException {
    Configuration conf = new Configuration();
    conf.setClass("fs.file.impl", Stumbling.class, FileSystem.class);
    conf.setBoolean("fs.file.impl.disable.cache", true);
    MasterDataset dataset = MasterDataset.open(conf, folder.toUri().toString(), "hits");
    Duration validity = Duration.ofSeconds(2);
    Instant began = Instant.now();
    try (Lease lease = Lease.take(dataset, "run-1", Clock.systemUTC(), validity)) {
      Stumbling.faults.set(2);

      Instant deadline = began.plusSeconds(60);
      while (Stumbling.faults.get() > 0) {
        assertThat(Instant.now()).as("signs that fail").isBefore(deadline);
      }
      // What it showed before the failures would be too old here.
      Instant later = Instant.now().plus(validity);
      while (Lease.held(dataset, later, validity).isEmpty()) {
        assertThat(Instant.now()).as("a sign after those").isBefore(deadline);
      }
      assertThat(Files.readString(Path.of("target", "test.log")))
          .contains("Cannot give a sign of life of lease " + lease.path())
          .contains("the NameNode fails over", "the client is closed");
    }
  }

  /** The local one, whose files cannot be touched for a while. */
  public static final class Stumbling extends LocalFileSystem {
    static final AtomicInteger faults = new AtomicInteger();

    @Override
    public void setTimes(org.apache.hadoop.fs.Path path, long modified, long accessed)
        throws IOException {
      switch (faults.getAndUpdate(left -> Math.max(0, left - 1))) {
        case 2 -> throw new IOException("the NameNode fails over");
        case 1 -> throw new IllegalStateException("the client is closed");
        default -> super.setTimes(path, modified, accessed);
      }
    }
  }
}
