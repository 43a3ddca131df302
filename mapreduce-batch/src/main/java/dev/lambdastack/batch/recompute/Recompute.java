package dev.lambdastack.batch.recompute;

import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Computes views from all that is archived, each into a table of its own: a version, complete and
 * checked, which nothing reads before it is published. Views of one topic are computed in one pass
 * over its files. When a pass fails, its tables go again.
 */
public final class Recompute {
  private static final int COUNTERS_FOR_VIEWS = 50;

  /** Of {@link RecomputeCounter}, beside those of its shares. */
  private static final int COUNTERS_OF_A_VIEW = 4;

  private final LambdaConfig config;
  private final Views views;
  private final SchemaStore schemas;
  private final Clock clock;

  public Recompute(LambdaConfig config, Views views, SchemaStore schemas, Clock clock) {
    this.config = config;
    this.views = views;
    this.schemas = schemas;
    this.clock = clock;
  }

  /** {@link #run(List, Options)} of one view: its newest version. */
  public Version run(String view) throws IOException, InterruptedException {
    return run(List.of(view), Options.DEFAULT).get(0).version();
  }

  /**
   * What is computed.
   *
   * @param full whether all events are read, even where an older version could serve
   * @param asOf what was archived then, in place of all that is archived now; always full, and not
   *     to be published
   */
  public record Options(boolean full, Optional<Instant> asOf) {
    public static final Options DEFAULT = new Options(false, Optional.empty());
    public static final Options FULL = new Options(true, Optional.empty());

    public static Options asOf(Instant instant) {
      return new Options(true, Optional.of(instant));
    }
  }

  /**
   * What a recompute came to for one view.
   *
   * @param version complete, in the catalog and not published by this run
   * @param base the older version that it began from; empty where all events were read
   * @param isNew false where nothing was archived since {@code base}, which is {@code version} then
   * @param setAside of the events that were read and that the view cannot take, where one stands
   *     and why
   */
  public record Outcome(
      Version version, Optional<Version> base, boolean isNew, Optional<String> setAside) {}

  /**
   * What a recompute would do for one view.
   *
   * @param base the version that it would begin from; empty where it would read all events
   * @param whyFull why it would; else empty
   * @param isUpToDate whether {@code base} holds all that is archived, so that nothing is to do
   * @param events all that are archived, up to the horizon
   */
  public record Plan(
      String view,
      Optional<Version> base,
      String whyFull,
      boolean isUpToDate,
      long events,
      Instant horizon) {}

  /**
   * What {@link #run(List, Options)} would do now; no version is made.
   *
   * @return in the order of the names
   */
  public List<Plan> plan(List<String> names, Options options)
      throws IOException, InterruptedException {
    return each(names, options, TopicRun::plan, Plan::view);
  }

  /**
   * Computes a new version of each view up to the horizon of the last archive run of its topic.
   *
   * <p>Where the newest version of a view is by the same declaration and the same pinned schema,
   * the new one begins as a copy of it, and only the windows that new events are in are computed:
   * cells and rows come to the same.
   *
   * @return in the order of the names
   * @throws InvalidInputException when there is no such view, or nothing is archived
   * @throws UnavailableException when HBase does not answer
   * @throws IOException when a job or a check fails; nothing is left behind of its topic then
   */
  public List<Outcome> run(List<String> names, Options options)
      throws IOException, InterruptedException {
    return each(names, options, TopicRun::run, o -> o.version().shape().name());
  }

  @FunctionalInterface
  private interface Work<T> {
    List<T> of(TopicRun run, Connection connection, PublishedTable store)
        throws IOException, InterruptedException;
  }

  private <T> List<T> each(
      List<String> names, Options options, Work<T> work, Function<T, String> name)
      throws IOException, InterruptedException {
    Map<Source, List<View>> sources = new LinkedHashMap<>();
    for (String viewName : names) {
      View view = views.find(viewName);
      // Refuses a schema store that the pinned schema cannot read.
      new EventDecoder(
          schemas, view.eventType(), view.columnsWithRules(), config.log().eventTimeMin());
      List<View> together = sources.computeIfAbsent(Source.of(view), s -> new ArrayList<>());
      if (!together.contains(view)) {
        together.add(view);
      }
    }

    List<TopicRun> runs = new ArrayList<>();
    try {
      for (List<View> together : sources.values()) {
        for (List<View> pass : passes(together)) {
          runs.add(TopicRun.open(config, schemas, clock, pass, options));
        }
      }

      Map<String, T> made = new LinkedHashMap<>();
      try (Connection connection = HBaseConnector.connectForWork(config)) {
        PublishedTable store = new PublishedTable(connection);
        for (TopicRun run : runs) {
          work.of(run, connection, store).forEach(done -> made.put(name.apply(done), done));
        }
      }

      return names.stream().map(made::get).toList();
    } finally {
      runs.forEach(TopicRun::close);
    }
  }

  /**
   * Cuts views into passes whose counters fit into a job: MapReduce takes 120, of which Hadoop's
   * own and those of the pass are about 65.
   */
  static List<List<View>> passes(List<View> together) {
    List<List<View>> passes = new ArrayList<>();
    int left = 0;
    for (View view : together) {
      int counters = COUNTERS_OF_A_VIEW + view.shares().size();
      if (passes.isEmpty() || counters > left) {
        passes.add(new ArrayList<>());
        left = COUNTERS_FOR_VIEWS;
      }
      passes.get(passes.size() - 1).add(view);
      left -= counters;
    }
    return passes;
  }

  /** What one pass reads: views that agree in it are computed together. */
  private record Source(String topic, Schema schema, String eventTime) {
    static Source of(View view) {
      return new Source(
          view.eventType().topic(), view.eventType().schema(), view.eventType().eventTime());
    }
  }
}
