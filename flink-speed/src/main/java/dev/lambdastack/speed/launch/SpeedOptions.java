package dev.lambdastack.speed.launch;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.message.Total;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.speed.sink.HBaseSink;
import dev.lambdastack.speed.source.LogSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * How to start a speed job. Immutable; each method gives changed options.
 *
 * @param fresh open new generations, even where a checkpoint could be gone on from
 * @param restore the checkpoint to go on from; else the newest of the life
 * @param lives names those to go on; else all, but for those that run
 * @param environment gives where a job runs, a new one for each; else in this JVM
 * @param views where tasks find the views
 * @param schemas the writer schemas; else those on the class path
 * @param source where records come from
 * @param sink where totals go
 */
public record SpeedOptions(
    boolean fresh,
    Optional<String> restore,
    Optional<Set<String>> lives,
    Optional<Supplier<StreamExecutionEnvironment>> environment,
    ViewsLoader views,
    Optional<SchemaStore> schemas,
    Function<SpeedPlan, Source<Envelope, ?, ?>> source,
    Function<SpeedPlan, Sink<Total>> sink) {

  /** Goes on where the last run stopped, in this JVM, with what is on the class path. */
  public static SpeedOptions defaults() {
    return new SpeedOptions(
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        ViewsLoader.FROM_CLASS_PATH,
        Optional.empty(),
        LogSource::of,
        HBaseSink::new);
  }

  public SpeedOptions withFresh(boolean value) {
    return new SpeedOptions(value, restore, lives, environment, views, schemas, source, sink);
  }

  public SpeedOptions withRestore(String checkpoint) {
    return new SpeedOptions(
        fresh, Optional.ofNullable(checkpoint), lives, environment, views, schemas, source, sink);
  }

  public SpeedOptions withLives(Set<String> names) {
    return new SpeedOptions(
        fresh, restore, Optional.of(names), environment, views, schemas, source, sink);
  }

  public SpeedOptions withEnvironment(Supplier<StreamExecutionEnvironment> make) {
    return new SpeedOptions(fresh, restore, lives, Optional.of(make), views, schemas, source, sink);
  }

  public SpeedOptions withViews(ViewsLoader loader) {
    return new SpeedOptions(fresh, restore, lives, environment, loader, schemas, source, sink);
  }

  public SpeedOptions withSchemas(SchemaStore store) {
    return new SpeedOptions(
        fresh, restore, lives, environment, views, Optional.of(store), source, sink);
  }

  public SpeedOptions withSink(Function<SpeedPlan, Sink<Total>> make) {
    return new SpeedOptions(fresh, restore, lives, environment, views, schemas, source, make);
  }

  public SpeedOptions withSource(Function<SpeedPlan, Source<Envelope, ?, ?>> make) {
    return new SpeedOptions(fresh, restore, lives, environment, views, schemas, make, sink);
  }
}
