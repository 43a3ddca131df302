package dev.lambdastack.batch.audit;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.DeadLetterFile;
import dev.lambdastack.batch.master.FileCheck;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.batch.master.StoredManifest;
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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Looks whether a topic's master dataset is what its manifests say, and how much of the topic's
 * retention has passed for what is not archived. Writes nothing.
 */
public final class Audit {
  /** What is looked at beside manifests, lengths and footers. */
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

  private record Listed(String path, long rows, long lengthBytes, String sha256) {
    static Listed of(DataFile file) {
      return new Listed(file.path(), file.rows(), file.lengthBytes(), file.sha256());
    }

    static Listed of(DeadLetterFile file) {
      return new Listed(file.path(), file.rows(), file.lengthBytes(), file.sha256());
    }
  }

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
   * {@link #run(String, Scope)}, and whether manifests are those that versions were computed from.
   *
   * @param source of the versions of views over the topic; where it cannot be reached the report
   *     warns, since the rest can be told all the same
   */
  public AuditReport run(String topic, Scope scope, VersionSource source) throws IOException {
    MasterDataset dataset = MasterDataset.open(config.hadoop(), config.master().folder(), topic);
    Set<String> there = new HashSet<>(dataset.filesThere());
    // Manifests after the files: what is committed meanwhile is no orphan.
    ChainAudit chain = chain(dataset);

    List<String> warnings = new ArrayList<>();
    try {
      source.versions().forEach(chain::compare);
    } catch (UnavailableException away) {
      warnings.add("no manifest was compared with versions: " + firstLine(away));
    }

    List<Listed> files =
        Stream.concat(
                chain.live().stream().map(Listed::of), chain.deadLetters().stream().map(Listed::of))
            .toList();

    List<String> differences = new ArrayList<>(chain.differences());
    if (differences.isEmpty()) {
      differences.addAll(dataset.snapshotProblems(dataset.manifests()));
    }
    differences.addAll(problems(dataset, files, scope));

    Set<String> live = new HashSet<>();
    files.forEach(f -> live.add(f.path()));

    Map<Integer, AuditReport.Unarchived> partitions = new TreeMap<>();
    Optional<Duration> retention = Optional.empty();
    if (scope.asksKafka() && chain.archived().isPresent()) {
      FirstContact.kafka(config);
      try (TopicLog log = TopicLog.open(config.kafka(), topic)) {
        retention = log.retention();
        partitions.putAll(unarchived(log, chain.archived().get(), retention, differences));
      }
      judge(partitions, differences, warnings);
    }

    return new AuditReport(
        topic,
        chain.sequence(),
        chain.vouched(),
        chain.archived().map(a -> new Epoch(a.toEpoch(), a.epochLength()).start()),
        chain.counts(),
        files.size(),
        files.stream().mapToLong(Listed::lengthBytes).sum(),
        (int) there.stream().filter(p -> chain.names(p) && !live.contains(p)).count(),
        there.stream().filter(p -> !chain.names(p)).sorted().toList(),
        partitions,
        retention,
        differences,
        warnings,
        scope.isDeep());
  }

  private static ChainAudit chain(MasterDataset dataset) throws IOException {
    ChainAudit chain = new ChainAudit();
    Map<Long, Optional<StoredManifest>> manifests = new TreeMap<>();
    Map<Long, String> problems = new TreeMap<>();

    for (long number : dataset.sequences()) {
      try {
        StoredManifest stored = dataset.manifest(number);
        String topic = stored.manifest().topic();
        boolean ours = topic.equals(dataset.topic());
        manifests.put(number, Optional.of(stored).filter(s -> ours));
        if (!ours) {
          problems.put(
              number,
              String.format(Locale.ROOT, "manifest %d says that it is of topic %s", number, topic));
        }
      } catch (IOException | InvalidInputException e) {
        manifests.put(number, Optional.empty());
        problems.put(
            number,
            String.format(Locale.ROOT, "manifest %d cannot be read: %s", number, firstLine(e)));
      }
    }

    if (manifests.isEmpty()) {
      throw new InvalidInputException(
          "Cannot audit topic %s: nothing of it is archived in %s; run lambda archive %s first"
              .formatted(dataset.topic(), dataset.place(), dataset.topic()));
    }

    manifests.forEach(
        (number, stored) -> {
          if (stored.isPresent()) {
            chain.add(number, stored.get());
          } else {
            chain.unusable(number, problems.get(number));
          }
        });

    return chain;
  }

  private static List<String> problems(MasterDataset dataset, List<Listed> files, Scope scope)
      throws IOException {
    try {
      return files.parallelStream()
          .flatMap(file -> problem(dataset, file, scope).stream())
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Optional<String> problem(MasterDataset dataset, Listed file, Scope scope) {
    try {
      Optional<String> bytes =
          scope.isDeep()
              ? FileCheck.ofBytes(dataset, file.path(), file.lengthBytes(), file.sha256())
              : FileCheck.ofLength(dataset, file.path(), file.lengthBytes());
      return bytes.isPresent() ? bytes : FileCheck.ofRows(dataset, file.path(), file.rows());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<Integer, AuditReport.Unarchived> unarchived(
      TopicLog log,
      ArchiveManifest archived,
      Optional<Duration> retention,
      List<String> differences) {
    if (!log.topicId().equals(archived.topicId())) {
      differences.add(
          String.format(
              Locale.ROOT,
              "the topic was deleted and made again since manifest %d (expected topic id %s, found %s)",
              archived.sequence(),
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
