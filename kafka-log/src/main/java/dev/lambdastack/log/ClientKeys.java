package dev.lambdastack.log;

import dev.lambdastack.settings.KafkaClientKeys;
import dev.lambdastack.views.InvalidInputException;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.lang3.StringUtils;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;

/** The client settings of this Kafka version, and which of them a user may set. */
public final class ClientKeys implements KafkaClientKeys {
  private static final String FAMILY = "lambda.kafka.client.";

  /** Prefix of settings that only Kafka itself may set. */
  private static final String INTERNAL = "internal.";

  /** Kafka's keys that a key of the stack replaces. */
  private static final Map<String, String> OUR_KEYS =
      Map.of(
          "bootstrap.servers", "lambda.kafka.bootstrap-servers",
          "bootstrap.controllers", "lambda.kafka.bootstrap-servers",
          "default.api.timeout.ms", "lambda.kafka.timeout",
          "delivery.timeout.ms", "lambda.kafka.timeout",
          "max.block.ms", "lambda.kafka.timeout",
          "request.timeout.ms", "lambda.kafka.timeout");

  /**
   * Keys that the stack sets itself, and keys that would override those. The guarantees of the
   * stack depend on them.
   */
  private static final Set<String> KEPT =
      Set.of(
          "acks",
          "allow.auto.create.topics",
          "auto.commit.interval.ms",
          "auto.offset.reset",
          "buffer.memory",
          "check.crcs",
          "client.id",
          "config.providers",
          "enable.auto.commit",
          "enable.idempotence",
          "enable.metrics.push",
          "fetch.max.wait.ms",
          "group.id",
          "group.instance.id",
          "group.protocol",
          "group.remote.assignor",
          "interceptor.classes",
          "isolation.level",
          "key.deserializer",
          "key.serializer",
          "linger.ms",
          "max.in.flight.requests.per.connection",
          "max.partition.fetch.bytes",
          "max.poll.records",
          "max.request.size",
          "partition.assignment.strategy",
          "partitioner.class",
          "partitioner.ignore.keys",
          "retries",
          "share.acknowledgement.mode",
          "share.acquire.mode",
          "transaction.timeout.ms",
          "transaction.two.phase.commit.enable",
          "transactional.id",
          "value.deserializer",
          "value.serializer");

  private static final Map<String, ConfigKey> KNOWN = known();

  private static Map<String, ConfigKey> known() {
    Map<String, ConfigKey> known = new TreeMap<>();

    Stream.of(AdminClientConfig.configDef(), ConsumerConfig.configDef(), ProducerConfig.configDef())
        .map(ConfigDef::configKeys)
        .forEach(known::putAll);

    known.keySet().removeIf(key -> key.startsWith(INTERNAL));
    return known;
  }

  @Override
  public Set<String> secrets() {
    return KNOWN.values().stream()
        .filter(key -> key.type == ConfigDef.Type.PASSWORD)
        .map(key -> key.name)
        .collect(Collectors.toSet());
  }

  @Override
  public void check(Map<String, String> client) {
    new TreeMap<>(client).forEach(ClientKeys::check);
    checkLogin(client);
  }

  private static void check(String key, String value) {
    if (OUR_KEYS.containsKey(key)) {
      throw new InvalidInputException(
          "Cannot set %s: the stack has its own key for it; set %s"
              .formatted(FAMILY + key, OUR_KEYS.get(key)));
    }

    if (KEPT.contains(key)) {
      throw new InvalidInputException(
          "Cannot set %s: the stack sets %s itself, and its guarantees depend on it; remove the key"
              .formatted(FAMILY + key, key));
    }

    ConfigKey known = KNOWN.get(key);
    if (known == null) {
      throw new InvalidInputException(
          "Unknown key '%s': no Kafka client has a key '%s'; did you mean '%s'?"
              .formatted(FAMILY + key, key, FAMILY + nearest(key)));
    }

    try {
      new ConfigDef().define(known).parse(Map.of(key, value));
    } catch (ConfigException e) {
      throw new InvalidInputException(
          "Cannot use %s: %s".formatted(FAMILY + key, e.getMessage().replace('\n', ' ')));
    }
  }

  private static String nearest(String key) {
    return KNOWN.keySet().stream()
        .filter(known -> !KEPT.contains(known) && !OUR_KEYS.containsKey(known))
        .min(Comparator.comparingInt(known -> StringUtils.getLevenshteinDistance(known, key)))
        .orElseThrow();
  }

  /** Hides Kafka's own message: it may quote a part of the password. */
  private static void checkLogin(Map<String, String> client) {
    String login = client.get(SaslConfigs.SASL_JAAS_CONFIG);
    if (login == null) {
      return;
    }

    try {
      JaasContext.loadClientContext(Map.of(SaslConfigs.SASL_JAAS_CONFIG, new Password(login)));
    } catch (RuntimeException e) {
      throw new InvalidInputException(
          "Cannot use %s: it is not a JAAS entry for one login module (expected such as: org.apache.kafka.common.security.scram.ScramLoginModule required username=\"…\" password=\"…\";)"
              .formatted(FAMILY + SaslConfigs.SASL_JAAS_CONFIG));
    }
  }
}
