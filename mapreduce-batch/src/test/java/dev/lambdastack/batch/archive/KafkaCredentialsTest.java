package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.settings.KafkaSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.apache.hadoop.security.Credentials;
import org.junit.jupiter.api.Test;

class KafkaCredentialsTest {
  @Test
  void whatIsWrittenIsRead() throws Exception {
    KafkaSettings kafka =
        new KafkaSettings(
            "a:1,b:2",
            Duration.ofMillis(1234),
            Map.of("sasl.jaas.config", " Módule required\n password=\"a=b #!:\\\";", "empty", ""));
    Credentials credentials = new Credentials();
    KafkaCredentials.write(kafka, "run", credentials);
    // Hadoop's local runner may start a task before the job has its credentials.
    assertThat(KafkaCredentials.read("run", new Credentials())).isEqualTo(kafka);

    KafkaCredentials.forget("run");
    assertThat(KafkaCredentials.read("run", credentials)).isEqualTo(kafka);
  }

  @Test
  void aJobWithoutThemIsRefused() {
    assertThatThrownBy(() -> KafkaCredentials.read("run", new Credentials()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no credentials lambda.kafka");
  }
}
