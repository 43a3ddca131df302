package dev.lambdastack.cli.send;

import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.AlertRules;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
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
    header = "Sends events, one JSON object for each line; or deletes rows of a dimension.",
    description = {
      "",
      "Fields by name; decimals as 12.50 or \"12.50\", times as \"2026-01-31T12:00:00Z\" or",
      "milliseconds since 1970. A file is checked as a whole before its first event is sent; standard",
      "input is sent line by line, up to the first that does not fit. Refused is also what is too long",
      "for the topic, and what both layers would set aside: a time far off, too long a text. Every",
      "event is acknowledged by all replicas in sync and is in the log once, but sending a file twice",
      "sends its events twice.",
      "",
      "With --delete a line names the id of a row that goes from a dimension: {\"product_id\": 8}. Views",
      "then show the id as unknown. What the topic had of it is gone when Kafka compacts it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda produce orders --file orders.jsonl",
      "  lambda produce sensor-readings --rate 100 < readings.jsonl",
      "  echo '{\"product_id\": 8}' | lambda produce products --delete",
      "",
      "One order:",
      "printf '%%s' '{\"order_id\": 900001, \"customer_id\": 7, \"product_id\": 1, ' \\",
      "  '\"product_category\": \"Vegetables\", \"store_id\": 4, \"action\": \"purchase\", ' \\",
      "  '\"quantity\": 2, \"amount\": 12.50, \"event_time\": \"1998-12-31T12:00:00Z\"}' |",
      "  lambda produce orders",
      "",
      "Exit codes: 0 all sent, 2 bad input or refused, 69 Kafka does not answer, 70 unexpected fault."
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
      names = "--delete",
      description = "Each line names the id of a dimension's row that goes (sends tombstones).")
  private boolean delete;

  @Option(
      names = "--allow-dead-letters",
      description =
          "Sends also events that both layers will set aside as dead letters, to be looked at with `lambda dead-letters`.")
  private boolean allowDeadLetters;

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

    if (delete && dimension.isEmpty()) {
      throw new InvalidInputException(
          "Cannot delete from topic %s: its events are for good; only a dimension's rows can go, that is of a topic that a view looks up in"
              .formatted(topic));
    }

    EventEncoder encoder = new EventEncoder(type);
    Form read = delete ? line -> deletion(type, encoder, line) : line -> event(type, encoder, line);
    Form form =
        dimension.isPresent() || allowDeadLetters ? read : judged(read, Prospect.of(checked, type));
    Known known =
        file == null ? Known.NOTHING : checkFile(fitting(form, EventSender.MAX_RECORD_BYTES));

    FirstContact.kafka(checked);
    int mostBytes;
    try (TopicLog log = TopicLog.open(checked.kafka(), topic)) {
      if (dimension.isPresent()) {
        log.checkCompacted();
      } else {
        log.checkSettings();
      }
      log.awaitLeaders();
      mostBytes = Math.min(EventSender.MAX_RECORD_BYTES, log.maxMessageBytes());
    }

    if (known.longestBytes() > mostBytes) {
      throw refused(known.longestLine(), tooLong(known.longestBytes(), mostBytes));
    }

    long sent = send(fitting(form, mostBytes), checked, known.lines());
    spec.commandLine().getOut().println("Sent %s to topic %s.".formatted(counted(sent), topic));
    return 0;
  }

  private String counted(long lines) {
    return Texts.count(lines, delete ? "deletion" : "event");
  }

  /**
   * What goes to Kafka.
   *
   * @param value null for a tombstone
   */
  private record Message(byte[] key, byte[] value) {
    int bytes() {
      return EventSender.recordBytes(key, value);
    }
  }

  /** What a line becomes; refuses with {@link InvalidInputException}. */
  private interface Form {
    Message read(String line);
  }

  private static Message event(EventType type, EventEncoder encoder, String line) {
    GenericRecord event = JsonEvent.parse(type.schema(), line);
    return new Message(encoder.key(event), encoder.value(event));
  }

  private static Message deletion(EventType type, EventEncoder encoder, String line) {
    return new Message(
        encoder.key(JsonEvent.parseId(type.schema(), type.partitionKey(), line)), null);
  }

  /** Refuses what both layers would set aside. */
  private static Form judged(Form form, Prospect prospect) {
    return line -> {
      Message message = form.read(line);
      prospect.check(message.value());
      return message;
    };
  }

  /** Refuses what Kafka would not take. */
  private static Form fitting(Form form, int mostBytes) {
    return line -> {
      Message message = form.read(line);
      if (message.bytes() > mostBytes) {
        throw tooLong(message.bytes(), mostBytes);
      }
      return message;
    };
  }

  private static InvalidInputException tooLong(int bytes, int mostBytes) {
    return new InvalidInputException(
        String.format(
            Locale.ROOT,
            "the event has %,d bytes with its key, more than the %,d that %s; make it shorter%s",
            bytes,
            mostBytes,
            mostBytes < EventSender.MAX_RECORD_BYTES
                ? "the topic takes (max.message.bytes)"
                : "are sent at once",
            mostBytes < EventSender.MAX_RECORD_BYTES ? ", or raise the topic's limit" : ""));
  }

  /**
   * What is known of the input before it is sent.
   *
   * @param lines with something on them; 0 where that is not known
   */
  private record Known(long lines, long longestLine, int longestBytes) {
    static final Known NOTHING = new Known(0, 0, 0);

    Known with(Lines.Line line, Message message) {
      return message.bytes() > longestBytes
          ? new Known(lines + 1, line.number(), message.bytes())
          : new Known(lines + 1, longestLine, longestBytes);
    }
  }

  private Known checkFile(Form form) throws IOException {
    Known known = Known.NOTHING;
    try (Lines lines = open()) {
      for (Lines.Line line = lines.next(); line != null; line = lines.next()) {
        try {
          known = known.with(line, form.read(line.text()));
        } catch (InvalidInputException e) {
          throw refused(line.number(), e);
        }
      }
    }
    return known;
  }

  private InvalidInputException refused(long line, InvalidInputException e) {
    return new InvalidInputException(
        String.format(Locale.ROOT, "%s line %d: %s; nothing was sent", file, line, e.getMessage()),
        e);
  }

  /**
   * @param known how many events there are; 0 where that is not known
   */
  private long send(Form form, LambdaConfig checked, long known) throws IOException {
    Pace pace = new Pace(rate == null ? OptionalDouble.empty() : OptionalDouble.of(rate));
    try (Lines lines = open();
        EventSender sender = new EventSender(checked, topic);
        SendProgress progress = new SendProgress(topic, known)) {
      for (Lines.Line line = next(lines, sender); line != null; line = next(lines, sender)) {
        Message message;
        try {
          message = form.read(line.text());
        } catch (InvalidInputException e) {
          throw stopped(
              String.format(Locale.ROOT, "line %d: %s", line.number(), e.getMessage()), e, sender);
        }

        pace.await();
        sender.send(message.key(), message.value());
        progress.step();
      }

      return sender.flush();
    }
  }

  private Lines.Line next(Lines lines, EventSender sender) {
    try {
      return lines.next();
    } catch (InvalidInputException e) {
      throw stopped(e.getMessage(), e, sender);
    } catch (IOException e) {
      throw stopped(
          "Cannot read %s on: %s".formatted(file == null ? "standard input" : file, e), e, sender);
    }
  }

  private InvalidInputException stopped(String why, Exception e, EventSender sender) {
    return new InvalidInputException(why + "; " + sentBefore(sender.flush()), e);
  }

  private String sentBefore(long lines) {
    return lines == 0
        ? "nothing was sent"
        : "the %s before it %s sent".formatted(counted(lines), lines == 1 ? "was" : "were");
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
