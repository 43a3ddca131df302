package dev.lambdastack.batch.audit;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.views.handoff.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Goes through archive runs, some of which may be missing, and adds up what they say. Beside the
 * check that readers make it says all that is wrong, not only the first, and goes on. Pure. Not
 * thread-safe.
 */
final class RunAudit {
  private final String topic;
  private final List<String> differences = new ArrayList<>();
  private final Map<Long, String> digests = new HashMap<>();
  private long number;
  private Optional<String> digest = Optional.empty();
  private Optional<Instant> begun = Optional.empty();
  private long vouched;
  private ArchiveRun archived;
  private boolean isBroken;
  private long read;
  private long events;
  private long dead;
  private long ticks;
  private long lost;

  RunAudit(String topic) {
    this.topic = topic;
  }

  /**
   * The next run.
   *
   * @param text as it stands with the table; empty where it is missing
   * @param inSummary as the summary of its snapshot has it; empty where that has expired
   */
  void add(String text, Optional<String> inSummary) {
    number++;
    if (text.isEmpty()) {
      unusable("is missing");
      return;
    }

    ArchiveRun run;
    try {
      run = ArchiveRun.fromJson(text);
    } catch (IllegalArgumentException e) {
      unusable("cannot be read: " + e.getMessage());
      return;
    }

    inSummary
        .filter(summary -> !summary.equals(text))
        .ifPresent(summary -> differ("is another one than its snapshot was committed with"));
    if (run.number() != number) {
      differ(String.format(Locale.ROOT, "says that it is run %d", run.number()));
    }
    if (!run.topic().equals(topic)) {
      differ("says that it is of topic " + run.topic());
    }
    if (!isBroken && !run.previous().equals(digest)) {
      differ(
          String.format(
              Locale.ROOT,
              "was made after another run %d than the one that is there (SHA-256 expected %s, found %s)",
              number - 1,
              run.previous().orElse("none"),
              digest.orElse("none")));
    }
    if (archived != null && !isBroken) {
      follows(run);
    }
    run.partitions().forEach((partition, range) -> ends(run, partition, range));

    read += run.counts().read();
    events += run.counts().events();
    dead += run.counts().deadLetters();
    ticks += run.counts().ticks();
    lost += run.lost();
    archived = run;
    digest = Optional.of(run.digest());
    digests.put(number, run.digest());
    begun = begun.or(() -> Optional.of(run.created()));
    isBroken = false;
  }

  private void unusable(String problem) {
    differ(problem);
    isBroken = true;
  }

  private void differ(String problem) {
    differences.add(String.format(Locale.ROOT, "run %d %s", number, problem));
  }

  private void follows(ArchiveRun run) {
    if (run.fromEpoch() != archived.toEpoch()) {
      differ(
          String.format(
              Locale.ROOT,
              "begins at epoch %d, where the one before ends at %d",
              run.fromEpoch(),
              archived.toEpoch()));
    }

    archived
        .partitions()
        .forEach(
            (partition, before) -> {
              PartitionRange range = run.partitions().get(partition);
              if (range == null) {
                differ(
                    String.format(
                        Locale.ROOT, "has no partition %d, which the one before has", partition));
              } else if (range.start() != before.end()) {
                differ(
                    String.format(
                        Locale.ROOT,
                        "begins at offset %d of partition %d, where the one before ends at %d",
                        range.start(),
                        partition,
                        before.end()));
              }
            });
  }

  private void ends(ArchiveRun run, int partition, PartitionRange range) {
    if (range.boundaries().lastEntry() == null || range.boundary(run.toEpoch()) != range.end()) {
      differ(
          String.format(
              Locale.ROOT,
              "ends at offset %d of partition %d, which is not its boundary of epoch %d",
              range.end(),
              partition,
              run.toEpoch()));
    }
  }

  /**
   * Compares with what a version notes of the run that it was computed up to: for the newest one no
   * other run does. Versions that are older than the dataset are of another one.
   */
  void compare(Version version) {
    if (begun.isEmpty() || version.created().isBefore(begun.get())) {
      return;
    }

    long run = version.run();
    String which =
        String.format(
            Locale.ROOT, "version %d of view %s", version.number(), version.shape().name());
    if (run > number) {
      differences.add(
          String.format(Locale.ROOT, "run %d, which %s was computed from, is missing", run, which));
    } else if (digests.containsKey(run)) {
      if (digests.get(run).equals(version.runDigest())) {
        vouched = Math.max(vouched, run);
      } else {
        differences.add(
            String.format(
                Locale.ROOT,
                "run %d is another one than %s was computed from (SHA-256 expected %s, found %s)",
                run,
                which,
                version.runDigest(),
                digests.get(run)));
      }
    }
  }

  /**
   * Compares with the rows that are there.
   *
   * @param files of the table
   * @param deadLetters rows of the table of dead letters
   */
  void compare(List<LiveFile> files, long deadLetters) {
    if (!differences.isEmpty()) {
      return;
    }

    long rows = files.stream().mapToLong(LiveFile::rows).sum();
    if (rows != events) {
      differences.add(
          String.format(
              Locale.ROOT, "the files have %d rows, where %d events were archived", rows, events));
    }
    if (deadLetters != dead) {
      differences.add(
          String.format(
              Locale.ROOT,
              "the table of dead letters has %d rows, where %d were set aside",
              deadLetters,
              dead));
    }

    for (LiveFile file : files) {
      for (long partition = file.partitions().min();
          partition <= file.partitions().max() && isKnown(file);
          partition++) {
        PartitionRange range = archived.partitions().get((int) partition);
        boolean isOne = file.partitions().min() == file.partitions().max();
        if (range == null || isOne && file.offsets().max() >= range.end()) {
          differences.add(
              String.format(
                  Locale.ROOT,
                  "file %s has offsets [%d, %d] of partition %d, which was not archived so far",
                  file.path(),
                  file.offsets().min(),
                  file.offsets().max(),
                  partition));
        }
      }
    }
  }

  private static boolean isKnown(LiveFile file) {
    return file.partitions().max() <= Integer.MAX_VALUE;
  }

  /** The newest run whose digest is noted outside of the table; 0 for none. */
  long vouched() {
    return vouched;
  }

  /** What is wrong, in one line each. */
  List<String> differences() {
    return List.copyOf(differences);
  }

  /** The newest run that can be used. */
  Optional<ArchiveRun> archived() {
    return Optional.ofNullable(archived);
  }

  long runs() {
    return number;
  }

  AuditReport.Counts counts() {
    return new AuditReport.Counts(read, events, dead, ticks, lost);
  }
}
