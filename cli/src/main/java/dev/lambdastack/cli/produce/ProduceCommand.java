package dev.lambdastack.cli.produce;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.serving.config.ConfigOptions;
import dev.lambdastack.serving.config.FirstContact;
import dev.lambdastack.serving.config.LambdaConfig;
import dev.lambdastack.views.AlertRules;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda produce}: lines of JSON to events on a topic. */
@Command(
    name = "produce",
    sortOptions = false,
    header = "Sends events, one JSON object for each line, to a topic.",
    description = {
      "",
      "Fields by name; decimals as 12.50 or \"12.50\", times as \"2026-01-31T12:00:00Z\" or",
      "milliseconds since 1970. A file is checked as a whole before its first event is sent; standard",
      "input is sent line by line, up to the first that does not fit. Every event is acknowledged by",
      "all replicas in sync and is in the log once, but sending a file twice sends its events twice.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda produce orders --file orders.jsonl",
      "  lambda produce sensor-readings --rate 100 < readings.jsonl",
      "",
      "One order:",
      "printf '%%s' '{\"order_id\": 900001, \"customer_id\": 7, \"product_id\": 1, ' \\",
      "  '\"product_category\": \"Vegetables\", \"store_id\": 4, \"action\": \"purchase\", ' \\",
      "  '\"quantity\": 2, \"amount\": 12.50, \"event_time\": \"1998-12-31T12:00:00Z\"}' |",
      "  lambda produce orders",
      "",
      "Exit codes: 0 all sent, 2 bad input, or Kafka does not answer, 70 unexpected fault."
    })
public final class ProduceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "<topic>",
      description =
          "A topic that a view or an alert rule reads, or a view looks up in; `lambda views` lists them.")
  private String topic;

  @Option(names = "--file", paramLabel = "<file>", description = "Default: standard input.")
  private Path file;

  @Option(
      names = "--rate",
      paramLabel = "<number>",
      description = "Events per second; default: as fast as the brokers take them.")
  private Double rate;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    if (rate != null && !(rate > 0 && rate <= 1e9)) {
      throw new ParameterException(
          spec.commandLine(),
          "Cannot send --rate %s events per second: expected more than 0 and at most 1e9"
              .formatted(rate));
    }
    LambdaConfig checked = config.load(new Configuration());
    Views views = Views.load(Thread.currentThread().getContextClassLoader());
    Optional<EventType> dimension = views.findDimension(topic);
    Optional<EventType> ofRules =
        AlertRules.load(Thread.currentThread().getContextClassLoader()).findEventType(topic);
    EventType type = dimension.or(() -> ofRules).orElseGet(() -> views.eventType(topic));
    EventEncoder encoder = new EventEncoder(type);
    long known = file == null ? 0 : checkFile(type, encoder);
    FirstContact.kafka(checked);
    try (TopicLog log = TopicLog.open(checked.bootstrapServers(), checked.kafkaTimeout(), topic)) {
      if (dimension.isPresent()) {
        log.checkCompacted();
      } else {
        log.checkSettings();
      }
    }
    long sent = send(type, encoder, checked, known);
    spec.commandLine()
        .getOut()
        .println("Sent %d event%s to topic %s.".formatted(sent, sent == 1 ? "" : "s", topic));
    return 0;
  }

  /** How many events the file holds. */
  private long checkFile(EventType type, EventEncoder encoder) throws IOException {
    long events = 0;
    try (Lines lines = open()) {
      for (Lines.Line line = lines.next(); line != null; line = lines.next()) {
        try {
          encoder.value(JsonEvent.parse(type.schema(), line.text()));
          events++;
        } catch (InvalidInputException e) {
          throw new InvalidInputException(
              "%s line %d: %s; nothing was sent".formatted(file, line.number(), e.getMessage()), e);
        }
      }
    }
    return events;
  }

  /**
   * @param known how many events there are; 0 where that is not known
   */
  private long send(EventType type, EventEncoder encoder, LambdaConfig checked, long known)
      throws IOException {
    Pace pace = new Pace(rate == null ? OptionalDouble.empty() : OptionalDouble.of(rate));
    try (Lines lines = open();
        EventSender sender = new EventSender(checked, topic);
        SendProgress progress = new SendProgress(topic, known)) {
      for (Lines.Line line = lines.next(); line != null; line = lines.next()) {
        GenericRecord event;
        byte[] value;
        try {
          event = JsonEvent.parse(type.schema(), line.text());
          value = encoder.value(event);
        } catch (InvalidInputException e) {
          long before = sender.flush();
          throw new InvalidInputException(
              "line %d: %s; the %d event%s before it %s sent"
                  .formatted(
                      line.number(),
                      e.getMessage(),
                      before,
                      before == 1 ? "" : "s",
                      before == 1 ? "was" : "were"),
              e);
        }
        pace.await();
        sender.send(encoder.key(event), value);
        progress.step();
      }
      return sender.flush();
    }
  }

  private Lines open() throws IOException {
    if (file == null) {
      return new Lines(System.in, "standard input");
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new InvalidInputException(
          "Cannot read %s: expected a file that is there and may be read".formatted(file));
    }
    return new Lines(Files.newInputStream(file), file.toString());
  }
}
