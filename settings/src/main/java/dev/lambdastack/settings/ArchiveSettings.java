package dev.lambdastack.settings;

/**
 * How the archive runs.
 *
 * @param splitRecords about how many offsets a task reads
 * @param openDates how many dates a task keeps open at once
 * @param memoryBytes of a task, for what it has not written yet
 * @param deadLettersMaxShare how many of its records may be no events, 0 to 1
 */
public record ArchiveSettings(
    long splitRecords, int openDates, long memoryBytes, double deadLettersMaxShare) {
  static ArchiveSettings of(Values values) {
    return new ArchiveSettings(
        values.number("lambda.archive.split-records", 1, Long.MAX_VALUE),
        values.number("lambda.archive.open-dates", 1, 10_000),
        values.mebibytes("lambda.archive.memory"),
        values.share("lambda.dead-letters.max-share"));
  }
}
