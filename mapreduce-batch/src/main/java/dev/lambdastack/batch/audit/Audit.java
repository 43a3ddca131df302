package dev.lambdastack.batch.audit;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.DeadLetterTable;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.log.Boundary;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Looks whether a topic's master dataset is what was archived, and how much of the topic's
 * retention has passed for what is not archived. Writes nothing.
 */
public final class Audit {
  /** What is looked at beside archive runs, lengths and footers. */
  public enum Scope {
    /** Kafka too. */
    NORMAL,
    /** Kafka, and every byte of every file. */
    DEEP,
    /** Not Kafka. */
    OFFLINE,
    /** Every byte of every file, but not Kafka. */
    DEEP_OFFLINE;

    boolean isDeep() {
      return this == DEEP || this == DEEP_OFFLINE;
    }

    boolean asksKafka() {
      return this == NORMAL || this == DEEP;
    }
  }

  /** Where versions are noted. */
  @FunctionalInterface
  public interface VersionSource {
    /** Those of all views over the topic. */
    List<Version> versions() throws IOException;
  }

  private record Listed(String path, long rows, long lengthBytes) {}

  private final LambdaConfig config;
  private final Clock clock;

  public Audit(LambdaConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  /**
   * Audits the topic.
   *
   * @throws InvalidInputException when nothing of it is archived
   * @throws UnavailableException when HDFS or Kafka does not answer
   */
  public AuditReport run(String topic, Scope scope) throws IOException {
    return run(topic, scope, List::of);
  }

  /**
   * {@link #run(String, Scope)}, and whether runs are those that versions were computed from.
   *
   * @param source of the versions of views over the topic; where it cannot be reached the report
   *     warns, since the rest can be told all the same
   */
  public AuditReport run(String topic, Scope scope, VersionSource source) throws IOException {
    MasterTable table = MasterTable.open(config, topic);
    MasterTable.State state =
        table
            .state(config.hadoop())
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "Cannot audit topic %s: nothing of it is archived in %s; run lambda archive %s first"
                            .formatted(topic, table.place(), topic)));
    RunAudit runs = new RunAudit(topic);
    for (int i = 0; i < state.runs().size(); i++) {
      runs.add(state.runs().get(i), Optional.ofNullable(state.summaries().get(i + 1L)));
    }

    List<String> warnings = new ArrayList<>();
    try {
      source.versions().forEach(runs::compare);
    } catch (UnavailableException away) {
      warnings.add("no run was compared with versions: " + firstLine(away));
    }

    List<Listed> files = new ArrayList<>();
    state.files().forEach(f -> files.add(new Listed(f.path(), f.rows(), f.lengthBytes())));
    state.deadLetters().forEach(f -> files.add(new Listed(f.path(), f.rows(), f.lengthBytes())));
    runs.compare(
        state.files(),
        state.deadLetters().stream().mapToLong(DeadLetterTable.LetterFile::rows).sum());
    List<String> differences = new ArrayList<>(runs.differences());
    state.deleted().forEach(path -> differences.add("rows of file " + path + " were deleted"));
    differences.addAll(problems(files, scope));

    Map<Integer, AuditReport.Unarchived> partitions = new TreeMap<>();
    Optional<Duration> retention = Optional.empty();
    if (scope.asksKafka() && runs.archived().isPresent()) {
      FirstContact.kafka(config);
      try (TopicLog log = TopicLog.open(config.kafka(), topic)) {
        retention = log.retention();
        partitions.putAll(unarchived(log, runs.archived().get(), retention, differences));
      }
      judge(partitions, differences, warnings);
    }

    return new AuditReport(
        topic,
        runs.runs(),
        runs.vouched(),
        runs.archived().map(a -> new Epoch(a.toEpoch(), a.epochLength()).start()),
        runs.counts(),
        files.size(),
        files.stream().mapToLong(Listed::lengthBytes).sum(),
        state.superseded(),
        state.orphans(),
        partitions,
        retention,
        differences,
        warnings,
        scope.isDeep());
  }

  private List<String> problems(List<Listed> files, Scope scope) throws IOException {
    try {
      return files.parallelStream()
          .flatMap(file -> problem(file, scope).stream())
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private Optional<String> problem(Listed file, Scope scope) {
    try {
      Optional<String> length =
          FileCheck.ofLength(config.hadoop(), file.path(), file.lengthBytes());
      if (length.isPresent()) {
        return length;
      }
      return scope.isDeep()
          ? FileCheck.ofPages(config.hadoop(), file.path(), file.rows())
          : FileCheck.ofRows(config.hadoop(), file.path(), file.rows());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<Integer, AuditReport.Unarchived> unarchived(
      TopicLog log, ArchiveRun archived, Optional<Duration> retention, List<String> differences) {
    if (!log.topicId().equals(archived.topicId())) {
      differences.add(
          String.format(
              Locale.ROOT,
              "the topic was deleted and made again since run %d (expected topic id %s, found %s)",
              archived.number(),
              archived.topicId(),
              log.topicId()));
      return Map.of();
    }

    Map<Integer, Long> begins = log.beginOffsets();
    Map<Integer, Long> ends = log.endOffsets();
    Map<Integer, Long> from = new TreeMap<>();
    begins.forEach(
        (partition, begin) -> {
          long start =
              Optional.ofNullable(archived.partitions().get(partition))
                  .map(range -> range.end())
                  .orElse(0L);
          if (begin > start) {
            differences.add(
                String.format(
                    Locale.ROOT,
                    "retention has removed offsets [%d, %d) of partition %d before they were archived",
                    start,
                    begin,
                    partition));
          }
          from.put(partition, Math.max(begin, start));
        });

    Map<Integer, Boundary> oldest = log.recordsFrom(from);
    Instant now = clock.instant();
    Map<Integer, AuditReport.Unarchived> partitions = new TreeMap<>();
    from.forEach(
        (partition, start) -> {
          Optional<Duration> age =
              Optional.ofNullable(oldest.get(partition))
                  .map(b -> Duration.between(Instant.ofEpochMilli(b.appendTimeMillis()), now))
                  .map(d -> d.isNegative() ? Duration.ZERO : d);
          double used =
              age.isPresent() && retention.isPresent()
                  ? age.get().toMillis() / (double) Math.max(1, retention.get().toMillis())
                  : 0;
          partitions.put(
              partition,
              new AuditReport.Unarchived(
                  start, Math.max(0, ends.get(partition) - start), age, used));
        });

    return partitions;
  }

  private void judge(
      Map<Integer, AuditReport.Unarchived> partitions,
      List<String> differences,
      List<String> warnings) {
    partitions.forEach(
        (partition, unarchived) -> {
          double used = unarchived.retentionUsed();
          String text =
              String.format(
                  Locale.ROOT,
                  "the oldest record of partition %d that is not archived has used %.0f %% of the topic's retention",
                  partition,
                  100 * used);
          if (used >= config.audit().retentionFail()) {
            differences.add(text + ": archive now, or raise retention.ms");
          } else if (used >= config.audit().retentionWarn()) {
            warnings.add(text);
          }
        });
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
