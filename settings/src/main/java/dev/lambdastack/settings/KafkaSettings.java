package dev.lambdastack.settings;

import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;

/**
 * How every client of the stack reaches Kafka. Serializable: a Flink job carries it to its tasks.
 *
 * @param bootstrapServers {@code host:port} of one or more brokers, with commas between
 * @param timeout how long a call waits for the brokers
 * @param client what {@code lambda.kafka.client.<key>} says, by Kafka's own key; some values are
 *     secret
 */
public record KafkaSettings(String bootstrapServers, Duration timeout, Map<String, String> client)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public KafkaSettings {
    client = Map.copyOf(client);
  }

  /** Brokers that ask for nothing: no login, no encryption. */
  public KafkaSettings(String bootstrapServers, Duration timeout) {
    this(bootstrapServers, timeout, Map.of());
  }

  static KafkaSettings of(Values values, Map<String, String> client) {
    return new KafkaSettings(
        values.addresses("lambda.kafka.bootstrap-servers"),
        values.duration("lambda.kafka.timeout", Duration.ofMillis(1)),
        client);
  }

  /** The same brokers, waited for that long. */
  public KafkaSettings within(Duration other) {
    return new KafkaSettings(bootstrapServers, other, client);
  }

  /** Without the values of clients' keys, so that no log has a password. */
  @Override
  public String toString() {
    return "Kafka at %s within %s, with %s"
        .formatted(bootstrapServers, timeout, new TreeSet<>(client.keySet()));
  }
}
