package dev.lambdastack.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LambdaConfigTest {
  private static LambdaConfig with(String... settings) {
    Configuration conf = new Configuration(false);
    for (int i = 0; i < settings.length; i += 2) {
      conf.set(settings[i], settings[i + 1]);
    }
    return LambdaConfig.of(conf);
  }

  private static Map<String, String> defaults() {
    Configuration defaults = new Configuration(false);
    defaults.addResource(LambdaConfig.class.getClassLoader().getResource("lambda-default.xml"));
    Map<String, String> map = new TreeMap<>();
    defaults.forEach(e -> map.put(e.getKey(), e.getValue()));
    return map;
  }

  @Test
  void everyKeyThatIsListedIsRead() {
    Values values = new Values(with().hadoop());
    LambdaConfig config = new LambdaConfig(with().hadoop(), Map.of(), Map.of(), values);
    assertThat(config.kafka())
        .isEqualTo(new KafkaSettings("localhost:9092", Duration.ofSeconds(15)));

    Set<String> neverRead = new TreeSet<>(defaults().keySet());
    neverRead.removeAll(Set.of("lambda.kafka.client.*", "lambda.catalog.*"));
    neverRead.removeAll(values.asked());
    assertThat(neverRead).as("keys that lambda-default.xml lists, but no class reads").isEmpty();
  }

  @Test
  void aKeyThatIsReadAndNotListedIsNamed() {
    Values values = new Values(with().hadoop());
    assertThatThrownBy(() -> values.text("lambda.nowhere"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("lambda-default.xml does not list: lambda.nowhere");
  }

  @Test
  void everyKeyHasADescription() throws Exception {
    String xml =
        new String(
            LambdaConfig.class
                .getClassLoader()
                .getResourceAsStream("lambda-default.xml")
                .readAllBytes(),
            StandardCharsets.UTF_8);
    assertThat(xml.split("<description>", -1)).hasSize(defaults().size() + 1);
  }

  @Test
  void aGivenValueWinsOverTheDefaultAndTheGivenConfigurationStaysAsItIs() {
    Configuration given = new Configuration(false);
    given.set("lambda.epoch", "90s");
    LambdaConfig config = LambdaConfig.of(given);
    assertThat(config.log().epoch()).isEqualTo(Duration.ofSeconds(90));
    assertThat(config.read().timeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.hadoop().get("lambda.master")).isEqualTo("/master");
    assertThat(given.size()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "lambda.epoc, lambda.epoch",
    "lambda.read.timout, lambda.read.timeout",
    "lambda.kafka.bootstrap.servers, lambda.kafka.bootstrap-servers",
    "lambda.speed.checkpoint, lambda.speed.checkpoints",
    "lambda.kafka.clients.security.protocol, lambda.kafka.client.*",
    "lambda.kafka.client, lambda.kafka.client.*",
    "lambda.catalogs.type, lambda.catalog.*",
  })
  void anUnknownKeyIsRefusedWithTheNearestOne(String given, String nearest) {
    assertThatThrownBy(() -> with(given, "1"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'" + given + "'")
        .hasMessageContaining("'" + nearest + "'");
  }

  @Test
  void theTopicOfDeadLettersIsNamedAfterItsTopicOrOff() {
    String key = "lambda.speed.dead-letters-topic";
    assertThat(LambdaConfig.of(new Configuration(false)).speed().deadLettersTopic("orders"))
        .contains("orders.dead-letters");
    assertThat(with(key, "dead").speed().deadLettersTopic("orders")).contains("dead");
    assertThat(with(key, "off").speed().deadLettersTopic("orders")).isEmpty();
    assertThatThrownBy(() -> with(key, "orders").speed().deadLettersTopic("orders"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the name of another topic");
  }

  @Test
  void whatIsForKafkasClientsIsNoPartOfHadoopsConfiguration() {
    LambdaConfig config =
        with(
            "lambda.kafka.client.security.protocol", " SSL ",
            "lambda.kafka.client.ssl.truststore.password", "tops3cret");
    assertThat(config.kafka().client())
        .isEqualTo(Map.of("security.protocol", "SSL", "ssl.truststore.password", "tops3cret"));
    assertThat(config.kafka().within(Duration.ofSeconds(2)).client())
        .isEqualTo(config.kafka().client());
    assertThat(config.kafka().toString())
        .contains("ssl.truststore.password")
        .doesNotContain("tops3cret");

    Configuration hadoop = new Configuration(config.hadoop());
    hadoop.reloadConfiguration();
    for (Map.Entry<String, String> entry : hadoop) {
      assertThat(entry.getKey()).doesNotStartWith("lambda.kafka.client");
      assertThat(entry.getValue()).doesNotContain("tops3cret");
    }
  }

  @Test
  void whatIsForACatalogIsNoPartOfHadoopsConfiguration() {
    LambdaConfig config =
        with("lambda.catalog.type", " jdbc ", "lambda.catalog.jdbc.password", "tops3cret");
    assertThat(config.master().catalog())
        .isEqualTo(Map.of("type", "jdbc", "jdbc.password", "tops3cret"));
    assertThat(config.master().toString()).contains("jdbc.password").doesNotContain("tops3cret");

    Configuration hadoop = new Configuration(config.hadoop());
    hadoop.reloadConfiguration();
    for (Map.Entry<String, String> entry : hadoop) {
      assertThat(entry.getKey()).doesNotStartWith("lambda.catalog");
      assertThat(entry.getValue()).doesNotContain("tops3cret");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",",
        "broker",
        "broker:",
        ":9092",
        "broker:0",
        "a:1,b:65536",
        "a b:1",
        "SSL://a:1"
      })
  void whatIsNoAddressOfAServerIsRefused(String servers) {
    assertThatThrownBy(() -> with("lambda.kafka.bootstrap-servers", servers))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Cannot use lambda.kafka.bootstrap-servers=%s: expected host:port of one or more servers, with commas between",
            servers);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a:1|a:1",
        " a:1 ,, b-2.example.com:9092,|a:1,b-2.example.com:9092",
        "[::1]:9092|[::1]:9092"
      })
  void addressesOfServersAreReadAsKafkaReadsThem(String given, String read) {
    assertThat(with("lambda.kafka.bootstrap-servers", given).kafka().bootstrapServers())
        .isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lambda.kafka.client.ssl.key.password",
        "lambda.catalog.jdbc.password",
        "lambda.master"
      })
  void aVariableThatTheEnvironmentDoesNotHaveIsNamed(String key) {
    assertThatThrownBy(() -> with(key, "${env.NO_SUCH_VARIABLE}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("Cannot use %s: the environment has no variable NO_SUCH_VARIABLE; set it", key);
  }

  @Test
  void anEnvironmentVariableMayHoldASecret() {
    assertThat(with("lambda.kafka.client.ssl.key.password", "${env.PATH}").kafka().client())
        .containsEntry("ssl.key.password", System.getenv("PATH"));
  }

  @Test
  void aFileThatJobsShowMayNotHoldWhatIsForKafkasClients() {
    Configuration given = new Configuration(false);
    String xml =
        "<configuration><property><name>lambda.kafka.client.ssl.key.password</name><value>tops3cret</value></property></configuration>";
    given.addResource(
        new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)), "core-site.xml");
    assertThatThrownBy(() -> LambdaConfig.of(given))
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains("lambda.kafka.client.ssl.key.password", "core-site.xml", "lambda-site.xml")
        .doesNotContain("tops3cret");
  }

  @Test
  void keysOfOthersAndOfJobsPass() {
    Configuration conf =
        with("hbase.rootdir", "/x", "lambdas", "y", "lambda.job.view", "z").hadoop();
    assertThat(conf.get("lambda.job.view")).isEqualTo("z");
  }

  @ParameterizedTest
  @MethodSource("badValues")
  void aBadValueIsRefusedWithKeyValueAndWhatIsExpected(String key, String value, String expected) {
    assertThatThrownBy(() -> with(key, value))
        .as("%s=%s", key, value)
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains(key + "=" + value, expected)
        .doesNotContain("\n");
  }

  static Stream<Arguments> badValues() {
    Stream.Builder<Arguments> cases = Stream.builder();
    for (String key : defaults().keySet()) {
      String value = defaults().get(key);
      if (value.matches("[0-9]+(ms|s|m|h|d)")) {
        for (String bad :
            new String[] {"", "5", "-5s", "5 parsecs", "1.5s", "s", "9999999d", "999999999999d"}) {
          cases.add(Arguments.of(key, bad, "duration"));
        }
      } else if (value.matches("[0-9]+")) {
        for (String bad : new String[] {"", "0", "-1", "1.5", "many", "99999999999999999999"}) {
          if (!bad.equals(value)) {
            cases.add(Arguments.of(key, bad, "whole number"));
          }
        }
      }
    }
    cases.add(Arguments.of("lambda.kafka.timeout", "0s", "at least 1ms"));
    cases.add(Arguments.of("lambda.epoch", "0ms", "at least 1ms"));
    cases.add(Arguments.of("lambda.read.cache", "1001ms", "at most 1s"));
    cases.add(Arguments.of("lambda.tick", "yes", "true or false"));
    cases.add(Arguments.of("lambda.tick", "", "true or false"));
    cases.add(Arguments.of("lambda.event-time.min", "1990", "an instant"));
    cases.add(Arguments.of("lambda.dead-letters.max-share", "1.01", "0 to 1"));
    cases.add(Arguments.of("lambda.dead-letters.max-share", "-0.1", "0 to 1"));
    cases.add(Arguments.of("lambda.dead-letters.max-share", "NaN", "0 to 1"));
    cases.add(Arguments.of("lambda.dead-letters.max-share", "half", "0 to 1"));
    cases.add(Arguments.of("lambda.gate.max-shrink", "1.01", "0 to 1"));
    cases.add(Arguments.of("lambda.gate.drift", "maybe", "true or false"));
    cases.add(Arguments.of("lambda.regions", "257", "at most 256"));
    cases.add(Arguments.of("lambda.speed.state-backend", "heap", "hashmap or rocksdb"));
    cases.add(Arguments.of("lambda.speed.dead-letters-topic", "a topic", "off, or the name"));
    cases.add(Arguments.of("lambda.speed.dead-letters-topic", "{topic}", "off, or the name"));
    for (String key :
        new String[] {"lambda.master", "lambda.staging", "lambda.speed.checkpoints"}) {
      cases.add(Arguments.of(key, "", "may not be empty"));
      cases.add(Arguments.of(key, "  ", "may not be empty"));
    }
    return cases.build();
  }

  @ParameterizedTest
  @CsvSource({
    "lambda.epoch, 250ms, PT0.25S",
    "lambda.epoch, 2h, PT2H",
    "lambda.speed.retention, 3d, PT72H",
  })
  void durationsHaveUnits(String key, String value, Duration expected) {
    LambdaConfig config = with(key, value);
    assertThat(key.equals("lambda.epoch") ? config.log().epoch() : config.speed().retention())
        .isEqualTo(expected);
  }

  @Test
  void typesOfTheRest() {
    LambdaConfig config =
        with(
            "lambda.event-time.min", "2000-01-01T00:00:00Z",
            "lambda.recompute.memory", "3",
            "lambda.dead-letters.max-share", "1",
            "lambda.tick", "false");
    assertThat(config.log().eventTimeMin()).isEqualTo(Instant.parse("2000-01-01T00:00:00Z"));
    assertThat(config.recompute().memoryBytes()).isEqualTo(3 << 20);
    assertThat(config.archive().deadLettersMaxShare()).isEqualTo(1.0);
    assertThat(config.log().tick()).isFalse();
  }
}
