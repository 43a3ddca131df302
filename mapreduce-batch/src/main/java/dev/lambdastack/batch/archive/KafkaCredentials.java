package dev.lambdastack.batch.archive;

import dev.lambdastack.settings.KafkaSettings;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;

/**
 * How the tasks of a job learn to reach Kafka: by the job's credentials, which the framework hands
 * to its tasks alone. A {@code job.xml} is for all to read.
 */
final class KafkaCredentials {
  private static final Text ALIAS = new Text("lambda.kafka");
  private static final String SERVERS = "lambda.bootstrap-servers";
  private static final String TIMEOUT = "lambda.timeout-millis";

  private KafkaCredentials() {}

  static void write(KafkaSettings kafka, Credentials credentials) throws IOException {
    Properties properties = new Properties();
    properties.putAll(kafka.client());
    properties.setProperty(SERVERS, kafka.bootstrapServers());
    properties.setProperty(TIMEOUT, Long.toString(kafka.timeout().toMillis()));

    StringWriter text = new StringWriter();
    properties.store(text, null);
    credentials.addSecretKey(ALIAS, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  static KafkaSettings read(Credentials credentials) throws IOException {
    byte[] secret = credentials.getSecretKey(ALIAS);
    if (secret == null) {
      throw new IOException("The job has no credentials " + ALIAS + ": its client must write them");
    }
    Properties properties = new Properties();
    properties.load(new StringReader(new String(secret, StandardCharsets.UTF_8)));

    Map<String, String> client = new TreeMap<>();
    properties.stringPropertyNames().forEach(key -> client.put(key, properties.getProperty(key)));
    String servers = client.remove(SERVERS);
    Duration timeout = Duration.ofMillis(Long.parseLong(client.remove(TIMEOUT)));
    return new KafkaSettings(servers, timeout, client);
  }
}
