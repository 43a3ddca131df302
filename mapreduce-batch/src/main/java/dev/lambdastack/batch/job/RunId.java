package dev.lambdastack.batch.job;

import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;

/** Names of runs: unique, and in the order of their start for a person who lists them. */
public final class RunId {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private RunId() {}

  /** For example {@code 20260131T120000Z-9f86d081}. */
  public static String next(Clock clock) {
    return TIME.format(clock.instant()) + "-" + UUID.randomUUID().toString().substring(0, 8);
  }
}
