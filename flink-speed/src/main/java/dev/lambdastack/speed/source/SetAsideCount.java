package dev.lambdastack.speed.source;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.SetAsideLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.api.common.accumulators.ListAccumulator;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts in one task the events that a view, or an alert rule, cannot take, and ends the job where
 * they are too many. Each attempt counts anew. Not thread-safe.
 */
public final class SetAsideCount {
  private static final Logger LOG = LoggerFactory.getLogger(SetAsideCount.class);
  private static final String COUNT = "set aside by ";
  private static final String EXAMPLE = "example of what is set aside by ";
  private static final int MAX_TOLD = 100;

  private final String who;
  private final SetAsideLimit limit;
  private final LongCounter count = new LongCounter();
  private final ListAccumulator<String> example = new ListAccumulator<>();
  private long shown;

  /**
   * None yet.
   *
   * @param who such as "view sales"
   * @param context whose accumulators tell the command, once for each name
   */
  public SetAsideCount(String who, SetAsideLimit limit, RuntimeContext context) {
    this.who = who;
    this.limit = limit;
    context.addAccumulator(COUNT + who, count);
    context.addAccumulator(EXAMPLE + who, example);
  }

  /**
   * One more event.
   *
   * @param why it is set aside; empty where it is not
   * @throws InvalidInputException when too many are
   */
  public void shown(Optional<String> why) {
    shown++;
    if (why.isEmpty()) {
      return;
    }

    count.add(1L);
    long so = count.getLocalValuePrimitive();
    if (so == 1) {
      example.add(why.get());
    }
    if (so <= MAX_TOLD) {
      LOG.warn("Set aside: {}", why.get());
    }

    limit.check(who, so, shown, why.get());
  }

  /**
   * What was set aside, by all tasks of a job together.
   *
   * @param count since the tasks started last
   * @param example where one of them stands and why; empty where that is not known yet
   */
  public record Found(long count, String example) {}

  /** What a job's accumulators say, by who set it aside; those without any are left out. */
  public static Map<String, Found> of(Map<String, Object> accumulators) {
    Map<String, Found> found = new TreeMap<>();
    accumulators.forEach(
        (name, value) -> {
          if (name.startsWith(COUNT) && (Long) value > 0) {
            String who = name.substring(COUNT.length());
            List<?> examples =
                accumulators.get(EXAMPLE + who) instanceof List<?> list
                    ? new ArrayList<>(list)
                    : List.of();
            found.put(
                who,
                new Found((Long) value, examples.isEmpty() ? "" : String.valueOf(examples.get(0))));
          }
        });

    return found;
  }
}
