package dev.lambdastack.batch.audit;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.CompactionManifest;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.DeadLetterFile;
import dev.lambdastack.batch.master.Manifest;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.batch.master.StoredManifest;
import dev.lambdastack.views.handoff.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Goes through manifests, some of which may be missing, and adds up what they say. Beside the fold
 * that readers use it says all that is wrong, not only the first, and goes on. Pure. Not
 * thread-safe.
 */
final class ChainAudit {
  private final List<String> differences = new ArrayList<>();
  private final Map<String, DataFile> live = new LinkedHashMap<>();
  private final List<DeadLetterFile> deadLetters = new ArrayList<>();
  private final Set<String> named = new HashSet<>();
  private long sequence;
  private Optional<String> digest = Optional.empty();
  private final Map<Long, String> digests = new HashMap<>();
  private Optional<Instant> begun = Optional.empty();
  private long vouched;
  private ArchiveManifest archived;
  private boolean isBroken;
  private long read;
  private long events;
  private long dead;
  private long ticks;
  private long lost;

  /** A manifest that ought to be there cannot be used. */
  void unusable(long number, String problem) {
    differences.add(problem);
    sequence = number;
    isBroken = true;
  }

  /** The next manifest that can be read; those between it and the last one are missing. */
  void add(long number, StoredManifest stored) {
    Manifest manifest = stored.manifest();

    while (sequence + 1 < number) {
      unusable(sequence + 1, String.format(Locale.ROOT, "manifest %d is missing", sequence + 1));
    }

    if (manifest.sequence() != number) {
      differences.add(
          String.format(
              Locale.ROOT, "manifest %d says that it is manifest %d", number, manifest.sequence()));
    }
    if (!isBroken && !manifest.previous().equals(digest)) {
      differences.add(
          String.format(
              Locale.ROOT,
              "manifest %d was made after another manifest %d than the one that is there (SHA-256 expected %s, found %s)",
              number,
              number - 1,
              manifest.previous().orElse("none"),
              digest.orElse("none")));
    }

    if (manifest instanceof ArchiveManifest archive) {
      add(archive);
    } else if (manifest instanceof CompactionManifest compaction) {
      add(compaction);
    }

    for (DataFile file : manifest.files()) {
      if (!named.add(file.path())) {
        differences.add(
            String.format(Locale.ROOT, "manifest %d adds %s a second time", number, file.path()));
      }
      live.put(file.path(), file);
    }

    sequence = number;
    digest = Optional.of(stored.digest());
    digests.put(number, stored.digest());
    if (begun.isEmpty()) {
      begun = Optional.of(manifest.created());
    }
    isBroken = false;
  }

  /**
   * Compares with what a version notes of the manifest that it was computed from: for the newest
   * one no other manifest does. Versions that are older than the dataset are of another one.
   */
  void compare(Version version) {
    if (begun.isEmpty() || version.created().isBefore(begun.get())) {
      return;
    }

    long number = version.manifest();
    String which =
        String.format(
            Locale.ROOT, "version %d of view %s", version.number(), version.shape().name());

    if (number > sequence) {
      differences.add(
          String.format(
              Locale.ROOT, "manifest %d, which %s was computed from, is missing", number, which));
    } else if (digests.containsKey(number)) {
      if (digests.get(number).equals(version.manifestDigest())) {
        vouched = Math.max(vouched, number);
      } else {
        differences.add(
            String.format(
                Locale.ROOT,
                "manifest %d is another one than %s was computed from (SHA-256 expected %s, found %s)",
                number,
                which,
                version.manifestDigest(),
                digests.get(number)));
      }
    }
  }

  /** The newest manifest whose digest is noted outside of the chain; 0 for none. */
  long vouched() {
    return vouched;
  }

  private void add(ArchiveManifest manifest) {
    if (archived != null && !isBroken) {
      follows(manifest);
    }

    manifest.partitions().forEach((partition, range) -> ends(manifest, partition, range));

    for (DataFile file : manifest.files()) {
      file.offsets()
          .forEach(
              (partition, span) -> {
                PartitionRange range = manifest.partitions().get(partition);
                if (range == null || span.start() < range.start() || span.end() > range.end()) {
                  differences.add(
                      String.format(
                          Locale.ROOT,
                          "manifest %d lists %s with offsets [%d, %d) of partition %d, which it does not hold",
                          manifest.sequence(),
                          file.path(),
                          span.start(),
                          span.end(),
                          partition));
                }
              });
    }

    manifest.deadLetters().forEach(f -> named.add(f.path()));
    deadLetters.addAll(manifest.deadLetters());

    read += manifest.read();
    events += manifest.events();
    dead += manifest.deadLetterCount();
    ticks += manifest.ticks();
    lost += manifest.lost();
    archived = manifest;
  }

  private void follows(ArchiveManifest manifest) {
    if (manifest.fromEpoch() != archived.toEpoch()) {
      differences.add(
          String.format(
              Locale.ROOT,
              "manifest %d begins at epoch %d, where manifest %d ends at %d",
              manifest.sequence(),
              manifest.fromEpoch(),
              archived.sequence(),
              archived.toEpoch()));
    }

    archived
        .partitions()
        .forEach(
            (partition, before) -> {
              PartitionRange range = manifest.partitions().get(partition);
              if (range == null) {
                differences.add(
                    String.format(
                        Locale.ROOT,
                        "manifest %d has no partition %d, which manifest %d has",
                        manifest.sequence(),
                        partition,
                        archived.sequence()));
              } else if (range.start() != before.end()) {
                differences.add(
                    String.format(
                        Locale.ROOT,
                        "manifest %d begins at offset %d of partition %d, where manifest %d ends at %d",
                        manifest.sequence(),
                        range.start(),
                        partition,
                        archived.sequence(),
                        before.end()));
              }
            });
  }

  private void ends(ArchiveManifest manifest, int partition, PartitionRange range) {
    if (range.boundaries().lastEntry() == null
        || range.boundary(manifest.toEpoch()) != range.end()) {
      differences.add(
          String.format(
              Locale.ROOT,
              "manifest %d ends at offset %d of partition %d, which is not its boundary of epoch %d",
              manifest.sequence(),
              range.end(),
              partition,
              manifest.toEpoch()));
    }
  }

  private void add(CompactionManifest manifest) {
    long rows = 0;
    boolean known = true;
    for (String path : manifest.superseded()) {
      DataFile file = live.remove(path);
      if (file == null) {
        known = false;
        if (!isBroken) {
          differences.add(
              String.format(
                  Locale.ROOT,
                  "manifest %d supersedes %s, which is not there",
                  manifest.sequence(),
                  path));
        }
      } else {
        rows += file.rows();
      }
    }

    if (known && rows != manifest.events()) {
      differences.add(
          String.format(
              Locale.ROOT,
              "manifest %d puts %d rows in the place of %d",
              manifest.sequence(),
              manifest.events(),
              rows));
    }
  }

  /** What is wrong, in one line each. */
  List<String> differences() {
    List<String> all = new ArrayList<>(differences);
    if (events + dead + ticks != read) {
      all.add(
          String.format(
              Locale.ROOT,
              "%d events + %d dead letters + %d ticks are not the %d records read",
              events,
              dead,
              ticks,
              read));
    }

    long rows = live.values().stream().mapToLong(DataFile::rows).sum();
    if (differences.isEmpty() && rows != events) {
      all.add(
          String.format(
              Locale.ROOT, "the files have %d rows, where %d events were archived", rows, events));
    }

    return List.copyOf(all);
  }

  /** The files that belong to the dataset. */
  List<DataFile> live() {
    return List.copyOf(live.values());
  }

  List<DeadLetterFile> deadLetters() {
    return List.copyOf(deadLetters);
  }

  /** Whether any manifest names the file, of whatever kind. */
  boolean names(String path) {
    return named.contains(path);
  }

  /** The archive's newest manifest that can be used. */
  Optional<ArchiveManifest> archived() {
    return Optional.ofNullable(archived);
  }

  long sequence() {
    return sequence;
  }

  AuditReport.Counts counts() {
    return new AuditReport.Counts(read, events, dead, ticks, lost);
  }
}
