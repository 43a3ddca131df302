package dev.lambdastack.speed.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.GraphTest;
import dev.lambdastack.speed.launch.FlinkSettings;
import dev.lambdastack.speed.plan.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class AlertGraphTest {
  @Test
  void theJobCanBeRescaledAndNamesAllThatHasState() {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2);
    new FlinkSettings(
            LambdaConfig.of(new Configuration(false)), "cards", "file:/nowhere/checkpoints")
        .applyTo(env);
    AlertPlan plan =
        new AlertPlan(
            "cards",
            "topic-id",
            "run",
            "file:/nowhere/checkpoints/alerts",
            "rules",
            new TreeMap<>(Map.of(0, 0L, 1, 0L)),
            "alerts",
            new KafkaSettings("localhost:1", Duration.ofSeconds(1)),
            Instant.parse("1990-01-01T00:00:00Z"),
            new Settings(new Configuration(false)));
    AlertGraph.addTo(
        env, plan, RulesLoader.FROM_CLASS_PATH, SchemaStore.load(getClass().getClassLoader()), 2);
    assertThat(GraphTest.uids(env))
        .as("the names that checkpoints have stay")
        .containsExactlyInAnyOrder("log", "same-topic", "rules", "alerts");

    List<String> vertices = new ArrayList<>();
    for (JobVertex vertex : env.getStreamGraph().getJobGraph().getVertices()) {
      vertices.add(vertex.getName() + " " + vertex.getMaxParallelism());
    }
    assertThat(vertices)
        .containsExactlyInAnyOrder("Source: log -> same topic 128", "rules 128", "alerts 1");
  }
}
