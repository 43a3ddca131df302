package dev.lambdastack.views.handoff;

/**
 * The log time of one partition: the greatest append time among the committed data records so far.
 * Brokers' clocks may step back; log time does not, so an epoch is one contiguous range of offsets.
 * Not thread-safe.
 */
public final class LogTime {
  private long millis;

  /**
   * Starts where a reader starts: at 0 from the first record on, or at a known lower bound of the
   * first record's log time.
   */
  public LogTime(long startMillis) {
    this.millis = startMillis;
  }

  /** Takes the next record and returns its log time, milliseconds since 1970. */
  public long advance(long appendTimeMillis) {
    millis = Math.max(millis, appendTimeMillis);
    return millis;
  }

  /** Milliseconds since 1970. */
  public long millis() {
    return millis;
  }
}
