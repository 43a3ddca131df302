package dev.lambdastack.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.alias.CredentialProvider;
import org.apache.hadoop.security.alias.CredentialProviderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientKeysTest {
  private static final String FAMILY = "lambda.kafka.client.";
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"tops3cret\";";

  private static Configuration conf(Map<String, String> client) {
    Configuration conf = new Configuration(false);
    client.forEach((key, value) -> conf.set(FAMILY + key, value));
    return conf;
  }

  private static KafkaSettings kafka(Map<String, String> client) {
    return LambdaConfig.of(conf(client)).kafka();
  }

  @Test
  void eachClientHasTheKeysThatItsKindKnows() {
    KafkaSettings kafka =
        kafka(
            Map.of(
                "security.protocol", "SASL_SSL",
                "sasl.jaas.config", LOGIN,
                "compression.type", "lz4",
                "fetch.min.bytes", "2"));
    assertThat(LogClients.consumer(kafka))
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.jaas.config", LOGIN)
        .containsEntry("fetch.min.bytes", "2")
        .doesNotContainKey("compression.type");
    assertThat(LogClients.producer(kafka))
        .containsEntry("sasl.jaas.config", LOGIN)
        .containsEntry("compression.type", "lz4")
        .doesNotContainKey("fetch.min.bytes");
    assertThat(LogClients.admin(kafka))
        .containsEntry("sasl.jaas.config", LOGIN)
        .doesNotContainKeys("compression.type", "fetch.min.bytes");
  }

  @Test
  void whatEveryClientIsGivenIsRefused() {
    KafkaSettings none = new KafkaSettings("localhost:1", Duration.ofSeconds(1));
    Set<String> given = new TreeSet<>(LogClients.consumer(none).keySet());
    given.addAll(LogClients.producer(none).keySet());
    given.addAll(LogClients.admin(none).keySet());
    assertThat(given).contains("acks", "isolation.level", "key.deserializer", "linger.ms");
    for (String key : given) {
      assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of(key, "1"))))
          .as(key)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Cannot set " + FAMILY + key + ": the stack ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "group.id",
        "transactional.id",
        "enable.idempotence",
        "max.poll.records",
        "check.crcs",
        "interceptor.classes",
        "client.id"
      })
  void whatAClientOfOursSetsIsRefused(String key) {
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of(key, "1"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Cannot set %s: the stack sets %s itself, and its guarantees depend on it; remove the key",
            FAMILY + key, key);
  }

  @Test
  void aKeyThatTheStackHasItselfIsNamed() {
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of("bootstrap.servers", "a:1"))))
        .hasMessageEndingWith("set lambda.kafka.bootstrap-servers");
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of("request.timeout.ms", "1"))))
        .hasMessageEndingWith("set lambda.kafka.timeout");
  }

  @ParameterizedTest
  @CsvSource({
    "security.protocoll, security.protocol",
    "sasl.jaas, sasl.jaas.config",
    "ssl.trustore.location, ssl.truststore.location",
    "internal.throw.on.fetch.stable.offset.unsupported, ''",
  })
  void aKeyThatKafkaDoesNotKnowIsRefusedWithTheNearestOne(String given, String nearest) {
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of(given, "1"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'" + FAMILY + given + "'")
        .hasMessageContaining("did you mean '" + FAMILY + nearest);
  }

  @Test
  void aValueThatIsNotOfItsTypeIsRefused() {
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of("security.protocol", "TLS"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            "Cannot use lambda.kafka.client.security.protocol: Invalid value TLS");
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of("reconnect.backoff.ms", "soon"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot use lambda.kafka.client.reconnect.backoff.ms");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tops3cret",
        "",
        "Module required password=\"tops3cret\"",
        "Module required username=\"u\" password=top s3cret;",
        "Module required password=\"tops3cret\"; Module required password=\"tops3cret\";"
      })
  void aLoginThatKafkaCannotReadIsRefusedWithoutItsWords(String login) {
    assertThatThrownBy(() -> LambdaConfig.of(conf(Map.of("sasl.jaas.config", login))))
        .isInstanceOf(InvalidInputException.class)
        .hasNoCause()
        .message()
        .startsWith("Cannot use lambda.kafka.client.sasl.jaas.config: ")
        .doesNotContain("s3cret");
  }

  @Test
  void aCredentialProviderMayHoldTheSecrets(@TempDir Path folder) throws Exception {
    Configuration conf = conf(Map.of("security.protocol", "SASL_SSL"));
    conf.set(
        CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH,
        "localjceks://file" + folder.resolve("secrets.jceks"));
    CredentialProvider provider = CredentialProviderFactory.getProviders(conf).get(0);
    provider.createCredentialEntry(FAMILY + "sasl.jaas.config", LOGIN.toCharArray());
    provider.createCredentialEntry(FAMILY + "ssl.truststore.password", "more".toCharArray());
    provider.flush();

    assertThat(LambdaConfig.of(conf).kafka().client())
        .isEqualTo(
            Map.of(
                "security.protocol", "SASL_SSL",
                "sasl.jaas.config", LOGIN,
                "ssl.truststore.password", "more"));

    provider.deleteCredentialEntry(FAMILY + "sasl.jaas.config");
    provider.createCredentialEntry(FAMILY + "sasl.jaas.config", "tops3cret".toCharArray());
    provider.flush();
    LambdaConfig unreadable = LambdaConfig.of(conf);
    assertThatThrownBy(unreadable::kafka)
        .isInstanceOf(InvalidInputException.class)
        .message()
        .doesNotContain("tops3cret");
  }

  @Test
  void aProviderThatCannotBeReadIsOneLine(@TempDir Path folder) {
    Configuration conf = new Configuration(false);
    conf.set(CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH, "nowhere://" + folder);
    LambdaConfig config = LambdaConfig.of(conf);
    assertThatThrownBy(config::kafka)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("Cannot ask hadoop.security.credential.provider.path=nowhere://");
  }
}
