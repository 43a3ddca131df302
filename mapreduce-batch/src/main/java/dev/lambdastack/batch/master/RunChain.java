package dev.lambdastack.batch.master;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** How archive runs follow each other. Pure. */
final class RunChain {
  private RunChain() {}

  /**
   * Checks that a run follows those before it.
   *
   * @param digest of the last one before
   * @throws IllegalArgumentException with a message for people, when it does not
   */
  static void checkFollows(
      List<ArchiveRun> before, Optional<String> digest, ArchiveRun run, String topic) {
    Optional<ArchiveRun> last =
        before.isEmpty() ? Optional.empty() : Optional.of(before.get(before.size() - 1));

    check(run.topic().equals(topic), "it says that it is of topic " + run.topic());
    check(
        run.number() == before.size() + 1,
        String.format(
            Locale.ROOT, "it says that it is run %d, not %d", run.number(), before.size() + 1));
    check(
        run.previous().equals(digest),
        "the run before it is not the one that it was made after (SHA-256 expected %s, found %s)"
            .formatted(run.previous().orElse("none"), digest.orElse("none")));

    long from = last.map(ArchiveRun::toEpoch).orElse(0L);
    check(
        run.fromEpoch() == from,
        String.format(Locale.ROOT, "it begins at epoch %d, not at %d", run.fromEpoch(), from));

    Map<Integer, PartitionRange> ends = new TreeMap<>();
    last.ifPresent(l -> ends.putAll(l.partitions()));
    ends.keySet()
        .forEach(
            partition ->
                check(
                    run.partitions().containsKey(partition),
                    String.format(
                        Locale.ROOT,
                        "it has no partition %d, which the one before has",
                        partition)));
    run.partitions()
        .forEach(
            (partition, range) -> {
              PartitionRange end = ends.get(partition);
              long start = end == null ? 0 : end.end();
              check(
                  range.start() == start,
                  String.format(
                      Locale.ROOT,
                      "partition %d begins at offset %d, not at %d",
                      partition,
                      range.start(),
                      start));
            });
  }

  /**
   * Checks that a run is what its snapshot was committed with.
   *
   * @param inSummary of the snapshot; null where it has expired
   * @throws IllegalArgumentException with a message for people, when it is not
   */
  static void checkCommitted(String inSummary, String text) {
    check(
        inSummary == null || inSummary.equals(text),
        "it is another one than its snapshot was committed with");
  }

  private static void check(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }
}
