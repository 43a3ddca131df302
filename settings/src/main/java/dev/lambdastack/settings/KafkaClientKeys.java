package dev.lambdastack.settings;

import dev.lambdastack.views.InvalidInputException;
import java.util.Map;
import java.util.Set;

/**
 * Knows the keys of the family {@code lambda.kafka.client.<key>}. Found by {@link
 * java.util.ServiceLoader}: the settings are part of the read client, which carries no Kafka. Where
 * there is no Kafka, nobody uses the family, and nobody checks it.
 */
public interface KafkaClientKeys {
  /** Kafka's keys whose values are secret. */
  Set<String> secrets();

  /**
   * Refuses what cannot be given to Kafka's clients.
   *
   * @param client by Kafka's own key
   * @throws InvalidInputException on a key that Kafka does not know, a key that the stack sets
   *     itself, or a value that is not of its type; its message has no secret
   */
  void check(Map<String, String> client);
}
