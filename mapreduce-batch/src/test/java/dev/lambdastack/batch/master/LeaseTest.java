package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
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
}
