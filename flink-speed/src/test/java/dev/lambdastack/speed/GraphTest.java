package dev.lambdastack.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.FlinkSettings;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.TestingPlans;
import dev.lambdastack.speed.sink.HBaseSink;
import dev.lambdastack.speed.source.LogSource;
import dev.lambdastack.views.Views;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.java.typeutils.GenericTypeInfo;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** What Flink makes of the job, by the settings that it runs with. */
public class GraphTest {
  private static final SpeedPlan PLAN = TestingPlans.from(Map.of(0, 0L, 1, 0L), 0);

  private static StreamExecutionEnvironment environment() {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2);
    new FlinkSettings(
            LambdaConfig.of(new Configuration(false)), PLAN.topic(), "file:/nowhere/checkpoints")
        .applyTo(env);
    return env;
  }

  private static JobGraph jobGraph(StreamExecutionEnvironment env) {
    return env.getStreamGraph().getJobGraph();
  }

  private static StreamExecutionEnvironment speedJob() {
    StreamExecutionEnvironment env = environment();
    new SpeedJob(
            PLAN,
            loader -> Views.of(TestingPlans.views()),
            SchemaStore.load(GraphTest.class.getClassLoader()),
            LogSource.of(PLAN),
            new HBaseSink(PLAN))
        .addTo(env, 2);
    return env;
  }

  /** The ids that an environment's operators have in checkpoints. */
  public static List<String> uids(StreamExecutionEnvironment env) {
    return env.getStreamGraph(false).getStreamNodes().stream()
        .map(StreamNode::getTransformationUID)
        .toList();
  }

  /** Checkpoints name state so: another name would lose it. */
  @Test
  void theNamesThatCheckpointsHaveStay() {
    assertThat(uids(speedJob()))
        .containsExactlyInAnyOrder(
            "log of 2 partitions", "log-time", "epoch-totals", "cells", "progress");
  }

  @Test
  void theJobCanBeRescaledAndNamesAllThatHasState() {
    StreamExecutionEnvironment env = speedJob();

    List<String> vertices = new ArrayList<>();
    for (JobVertex vertex : jobGraph(env).getVertices()) {
      vertices.add(vertex.getName() + " " + vertex.getMaxParallelism());
    }
    assertThat(vertices)
        .containsExactlyInAnyOrder(
            "Source: log -> log time 128", "epoch totals -> cells: Writer 128", "progress 1");
  }

  @Test
  void anOperatorWithoutANameForItsStateIsRefused() {
    StreamExecutionEnvironment env = environment();
    env.fromData(1).uid("numbers").map(x -> x + 1).sinkTo(new DiscardingSink<>()).uid("nowhere");
    assertThatThrownBy(() -> jobGraph(env)).hasMessageContaining("UID");
  }

  @Test
  void aTypeThatWouldNeedKryoIsRefused() {
    assertThatThrownBy(
            () -> {
              StreamExecutionEnvironment env = environment();
              env.fromData(1)
                  .uid("numbers")
                  .map((MapFunction<Integer, Object>) BigDecimal::valueOf)
                  .returns(new GenericTypeInfo<>(Object.class))
                  .uid("objects")
                  .rebalance()
                  .sinkTo(new DiscardingSink<>())
                  .uid("nowhere");
              jobGraph(env);
            })
        .hasStackTraceContaining("Generic types have been disabled");
  }
}
