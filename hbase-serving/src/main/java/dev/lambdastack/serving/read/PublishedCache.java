package dev.lambdastack.serving.read;

import dev.lambdastack.serving.store.PublishedPointer.Snapshot;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A cache of published rows with a time to live. Thread-safe. */
final class PublishedCache {
  /**
   * A cached row.
   *
   * @param readAt just before the Get was sent
   */
  record Read(Snapshot snapshot, Instant readAt) {}

  private final PublishedTable store;
  private final Duration keep;
  private final Clock clock;
  private final Map<String, Read> reads = new ConcurrentHashMap<>();

  PublishedCache(PublishedTable store, Duration keep, Clock clock) {
    this.store = store;
    this.keep = keep;
    this.clock = clock;
  }

  /**
   * The row of a view: from the cache while it is younger than {@code keep}, else from the store.
   *
   * @throws InvalidInputException when no published row has this name
   */
  Read find(String view) throws IOException {
    Read read = reads.get(view);
    return read != null && isYoung(read) ? read : readAgain(view);
  }

  private boolean isYoung(Read read) {
    Duration age = Duration.between(read.readAt(), clock.instant());

    // A negative age means that the clock was set back.
    return !age.isNegative() && age.compareTo(keep) < 0;
  }

  /** The row of a view from the store, past the cache. */
  Read readAgain(String view) throws IOException {
    Instant readAt = clock.instant();
    Optional<Snapshot> snapshot = store.pointer().read(view);
    if (snapshot.isEmpty()) {
      reads.remove(view);
      throw unknown(view, store.pointer().views());
    }

    Read read = new Read(snapshot.get(), readAt);
    reads.put(view, read);
    return read;
  }

  private static InvalidInputException unknown(String view, List<String> known) {
    return new InvalidInputException(
        known.isEmpty()
            ? "No view '%s' answers: nothing is published in this HBase yet; publish a version or start the speed job"
                .formatted(view)
            : "No view '%s' answers; the published views are %s (another answers when a version of it is published, or its speed job has begun)"
                .formatted(view, String.join(", ", known)));
  }
}
