package dev.lambdastack.batch.deadletters;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a replay did, or would do.
 *
 * @param selected dead letters that were asked for
 * @param replayed that were produced again, or with a dry run would be
 * @param before that were produced again by an earlier replay
 * @param inDoubt of which nobody can say whether an earlier replay that was killed produced them
 * @param left how many still do not decode, by why
 * @param doubts one line for each replay in doubt
 */
public record ReplayResult(
    String topic,
    long selected,
    long replayed,
    long before,
    long inDoubt,
    Map<String, Long> left,
    List<String> doubts) {
  public ReplayResult {
    left = Collections.unmodifiableMap(new TreeMap<>(left));
    doubts = List.copyOf(doubts);
  }
}
