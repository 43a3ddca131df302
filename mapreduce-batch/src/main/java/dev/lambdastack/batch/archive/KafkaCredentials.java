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
import java.util.concurrent.ConcurrentHashMap;
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

  /**
   * Of jobs whose tasks run in this process, by run: Hadoop's LocalJobRunner starts the thread of a
   * job before it gives the job its credentials, so a task may find none.
   */
  private static final Map<String, KafkaSettings> OF_THIS_PROCESS = new ConcurrentHashMap<>();

  /**
   * Gives them to a job, and to tasks of the run in this process until {@link #forget}.
   *
   * @param run a name that no other run has
   */
  static void write(KafkaSettings kafka, String run, Credentials credentials) throws IOException {
    OF_THIS_PROCESS.put(run, kafka);

    Properties properties = new Properties();
    properties.putAll(kafka.client());
    properties.setProperty(SERVERS, kafka.bootstrapServers());
    properties.setProperty(TIMEOUT, Long.toString(kafka.timeout().toMillis()));

    StringWriter text = new StringWriter();
    properties.store(text, null);
    credentials.addSecretKey(ALIAS, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  static void forget(String run) {
    OF_THIS_PROCESS.remove(run);
  }

  static KafkaSettings read(String run, Credentials credentials) throws IOException {
    KafkaSettings ofThisProcess = OF_THIS_PROCESS.get(run);
    if (ofThisProcess != null) {
      return ofThisProcess;
    }

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
