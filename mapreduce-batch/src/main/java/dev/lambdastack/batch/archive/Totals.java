package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.views.InvalidInputException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;

/** What all tasks of a run have done together. Counts come from records that were read. */
record Totals(
    long read,
    long ticks,
    Map<String, Long> rejected,
    List<DataFile> files,
    List<DataFile> deadLetters) {
  /** So many rejected records are accepted whatever share they are. */
  static final long ALWAYS_ACCEPTED = 100;

  Totals {
    rejected = Map.copyOf(rejected);
    files = List.copyOf(files);
    deadLetters = List.copyOf(deadLetters);
  }

  /** What the run's result tells. */
  ArchiveResult.Counts counts() {
    return new ArchiveResult.Counts(
        read,
        files.stream().mapToLong(DataFile::recordCount).sum(),
        ticks,
        deadLetters.stream().mapToLong(DataFile::recordCount).sum(),
        files.size(),
        files.stream().mapToLong(DataFile::fileSizeInBytes).sum());
  }

  /** What the run notes with the table. */
  ArchiveRun.Counts recordCounts() {
    ArchiveResult.Counts counts = counts();
    return new ArchiveRun.Counts(
        counts.read(), counts.events(), counts.deadLetters(), counts.ticks());
  }

  /** Of a run that reads nothing. */
  static Totals offsets(long count) {
    return new Totals(count, 0, Map.of(), List.of(), List.of());
  }

  /**
   * The sum of the reports.
   *
   * @throws InvalidInputException when a task refused
   * @throws IllegalStateException when the reports are not exactly one for each range, or do not
   *     add up
   */
  static Totals of(List<OffsetRange> ranges, List<TaskReport> reports) {
    for (TaskReport report : reports) {
      if (report.refusal().isPresent()) {
        throw new InvalidInputException(report.refusal().get());
      }
    }
    checkComplete(ranges, reports);

    Map<String, Long> rejected = new TreeMap<>();
    reports.forEach(r -> r.rejected().forEach((k, n) -> rejected.merge(k, n, Long::sum)));
    Totals totals =
        new Totals(
            reports.stream().mapToLong(TaskReport::read).sum(),
            reports.stream().mapToLong(TaskReport::ticks).sum(),
            rejected,
            reports.stream()
                .flatMap(r -> r.files().stream())
                .sorted(Comparator.comparing(DataFile::location))
                .toList(),
            reports.stream()
                .flatMap(r -> r.deadLetters().stream())
                .sorted(Comparator.comparing(DataFile::location))
                .toList());

    long dead = rejected.values().stream().mapToLong(Long::longValue).sum();
    long deadRows = totals.deadLetters.stream().mapToLong(DataFile::recordCount).sum();
    long rows = totals.files.stream().mapToLong(DataFile::recordCount).sum();
    if (dead != deadRows || rows + dead + totals.ticks != totals.read) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "The tasks' reports do not add up: read %d, %d events, %d dead letters (%d in files), %d ticks",
              totals.read,
              rows,
              dead,
              deadRows,
              totals.ticks));
    }

    return totals;
  }

  private static void checkComplete(List<OffsetRange> ranges, List<TaskReport> reports) {
    Set<String> expected = ranges.stream().map(OffsetRange::toString).collect(Collectors.toSet());
    Set<String> found = new HashSet<>();
    for (TaskReport report : reports) {
      String range =
          new OffsetRange(report.partition(), report.start(), report.end(), OffsetRange.UNKNOWN)
              .toString();
      if (!found.add(range)) {
        throw new IllegalStateException("Two tasks report the range " + range);
      }
    }

    if (!found.equals(expected)) {
      throw new IllegalStateException(
          "The tasks' reports do not cover what was to be read: expected %s, found %s"
              .formatted(expected, found));
    }
  }

  /**
   * Refuses when more records were rejected than is accepted: more than the share, and more than
   * {@link #ALWAYS_ACCEPTED}, so that a bad record of a quiet topic does not stop it for ever.
   *
   * @param maxShare 0 to 1, of the records that are no ticks; 0 accepts none at all
   */
  void checkShare(String topic, double maxShare) {
    long dead = rejected.values().stream().mapToLong(Long::longValue).sum();
    long records = read - ticks;

    if (dead > maxShare * records && (dead > ALWAYS_ACCEPTED || maxShare == 0)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot archive topic %s: %d of %d records are no events %s, which is a greater share than lambda.dead-letters.max-share=%s; nothing was committed: check the producers and the schemas on the class path, or raise it",
              topic,
              dead,
              records,
              new TreeMap<>(rejected),
              maxShare));
    }
  }
}
