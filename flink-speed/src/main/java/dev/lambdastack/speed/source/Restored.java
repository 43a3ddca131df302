package dev.lambdastack.speed.source;

import dev.lambdastack.speed.message.Position;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.handoff.Epoch;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Whether a plan can go on from the positions in a checkpoint. Pure. */
final class Restored {
  private Restored() {}

  /**
   * Why it cannot, as one line: the source would pass over records, or a partition was added whose
   * first epochs may be closed in the checkpoint already.
   *
   * @param positions in the checkpoint, by partition
   */
  static Optional<String> refusal(SpeedPlan plan, Map<Integer, Position> positions) {
    for (Map.Entry<Integer, Position> at : positions.entrySet()) {
      Long start = plan.starts().get(at.getKey());
      if (start != null && at.getValue().next() < start) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "Cannot go on from this checkpoint: it lies behind what was published (topic %s partition %d: checkpoint at offset %d, published %d); give the newest checkpoint, or start with --fresh",
                plan.topic(),
                at.getKey(),
                at.getValue().next(),
                start));
      }
    }

    long read =
        positions.values().stream().mapToLong(Position::logTimeMillis).min().orElse(Long.MIN_VALUE);
    for (int partition : plan.starts().keySet()) {
      long first = Epoch.numberAt(plan.startLogTimes().get(partition), plan.epochLength());
      if (!positions.containsKey(partition)
          && read >= new Epoch(first, plan.epochLength()).endMillis()) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "Cannot go on from this checkpoint: partition %d of topic %s was added and counts from epoch %d on, which the checkpoint has passed; start with --fresh",
                partition,
                plan.topic(),
                first));
      }
    }

    return Optional.empty();
  }
}
