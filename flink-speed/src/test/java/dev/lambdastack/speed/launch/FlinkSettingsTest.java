package dev.lambdastack.speed.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.settings.LambdaConfig;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class FlinkSettingsTest {
  private static final String STANDBY = "flink.high-availability.type";
  private static final String TRIES = "flink.rest.retry.max-attempts";

  private static ReadableConfig settings(Map<String, String> own) {
    Configuration conf = new Configuration(false);
    own.forEach(conf::set);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(
            1, new org.apache.flink.configuration.Configuration());
    new FlinkSettings(LambdaConfig.of(conf), "orders", "file:///tmp/checkpoints").applyTo(env);
    return env.getConfiguration();
  }

  private static Duration patience(ReadableConfig settings) {
    return settings
        .get(RestOptions.RETRY_DELAY)
        .multipliedBy(settings.get(RestOptions.RETRY_MAX_ATTEMPTS));
  }

  @Test
  void whatWatchesAJobOutwaitsTheStandbyThatTakesOver() {
    ReadableConfig settings = settings(Map.of(STANDBY, "zookeeper"));

    // The session of a leader that was killed, then the election, then the job's recovery.
    assertThat(patience(settings))
        .isGreaterThan(
            settings.get(HighAvailabilityOptions.ZOOKEEPER_SESSION_TIMEOUT).multipliedBy(3));
  }

  @Test
  void howLongItWaitsCanBeSaid() {
    ReadableConfig settings = settings(Map.of(STANDBY, "zookeeper", TRIES, "2"));

    assertThat(settings.get(RestOptions.RETRY_MAX_ATTEMPTS)).isEqualTo(2);
  }

  @Test
  void withoutAStandbyItIsFlinksOwn() {
    assertThat(settings(Map.of()).get(RestOptions.RETRY_MAX_ATTEMPTS))
        .isEqualTo(RestOptions.RETRY_MAX_ATTEMPTS.defaultValue());
  }
}
