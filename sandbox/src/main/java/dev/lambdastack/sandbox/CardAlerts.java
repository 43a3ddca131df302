package dev.lambdastack.sandbox;

import dev.lambdastack.log.LogClients;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.AlertStore;
import dev.lambdastack.serving.store.AlertStore.Alert;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.alert.AlertJob;
import dev.lambdastack.speed.alert.RulesLoader;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.avro.generic.GenericData;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Two cards, of which one is used at two places that nobody gets to in time. */
final class CardAlerts {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private record Use(
      String card, String place, double latitude, double longitude, String amount, Instant time) {}

  private static final Instant NOON = Instant.parse("1998-06-25T12:00:00Z");

  private static final List<Use> USES =
      List.of(
          new Use("4711", "Seattle", 47.61, -122.33, "24.90", NOON),
          new Use("0815", "Portland", 45.52, -122.68, "8.15", NOON),
          new Use("0815", "Seattle", 47.61, -122.33, "12.40", NOON.plusSeconds(3 * 3600)),
          new Use("4711", "San Francisco", 37.77, -122.42, "612.00", NOON.plusSeconds(120)));

  private final LambdaConfig config;

  CardAlerts(LambdaConfig config) {
    this.config = config;
  }

  static int uses() {
    return USES.size();
  }

  /** Runs {@code lambda alerts card-transactions} until it has raised an alert; all alerts then. */
  List<Alert> run() throws Exception {
    send();

    try (AlertJob job =
            AlertJob.start(
                config,
                ReferenceEvents.CARD_TRANSACTIONS.topic(),
                RulesLoader.FROM_CLASS_PATH,
                SchemaStore.load(Thread.currentThread().getContextClassLoader()),
                Optional.empty());
        Connection hbase = HBaseConnector.connect(config)) {
      AlertStore store = new AlertStore(hbase);
      long deadline = System.nanoTime() + LIMIT.toNanos();

      while (store.all().isEmpty()) {
        if (job.hasEnded() || System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("The alert job raised no alert within " + LIMIT);
        }
        // Looks again: a table tells nobody of a new row.
        Thread.sleep(PAUSE.toMillis());
      }

      return store.all();
    }
  }

  private void send() throws Exception {
    EventEncoder encoder = new EventEncoder(ReferenceEvents.CARD_TRANSACTIONS);
    GenericData.Record event = new GenericData.Record(ReferenceEvents.CARD_TRANSACTIONS.schema());

    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(LogClients.producer(config.kafka().within(LIMIT)))) {
      for (Use use : USES) {
        event.put("card", use.card());
        event.put("place", use.place());
        event.put("latitude", use.latitude());
        event.put("longitude", use.longitude());
        event.put("amount", new BigDecimal(use.amount()));
        event.put("event_time", use.time());

        producer
            .send(
                new ProducerRecord<>(
                    ReferenceEvents.CARD_TRANSACTIONS.topic(),
                    encoder.key(event),
                    encoder.value(event)))
            .get();
      }
    }
  }
}
