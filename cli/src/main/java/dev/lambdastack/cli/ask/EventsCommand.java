package dev.lambdastack.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lambdastack.batch.events.Condition;
import dev.lambdastack.batch.events.RawEvent;
import dev.lambdastack.batch.events.RawEvents;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Texts;
import dev.lambdastack.console.TimeArgument;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.concurrent.Callable;
import org.apache.avro.Schema;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda events}: the raw events of a topic, archived or not. */
@Command(
    name = "events",
    sortOptions = false,
    header = "Shows raw events of a topic: archived ones, and those that are in Kafka alone.",
    description =
        "%nEach event is there once, in the order of event times; of more than the limit, the newest. What is said last tells up to when the answer is whole.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda events orders --key 1042",
      "  lambda events orders --from 2026-01-31 --to 2026-02-01 --where amount>=100 --where category=toys",
      "  lambda events orders --limit 1000 --format json",
      "",
      "Exit codes: 0 done, 2 bad input or refused, 69 HDFS or Kafka does not answer, 70 unexpected fault."
    })
public final class EventsCommand implements Callable<Integer> {
  private static final Comparator<RawEvent> ORDER =
      Comparator.comparing(RawEvent::eventTime)
          .thenComparing(RawEvent::partition)
          .thenComparing(RawEvent::offset);

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<topic>", description = "A topic that a view reads.")
  private String topic;

  @Option(
      names = "--key",
      paramLabel = "<key>",
      description = "Only events whose partition key has this value.")
  private String key;

  @Option(
      names = "--from",
      paramLabel = "<time>",
      converter = TimeArgument.class,
      description = "The earliest event time, inclusive (default: no bound).")
  private Instant from = Instant.ofEpochMilli(Long.MIN_VALUE);

  @Option(
      names = "--to",
      paramLabel = "<time>",
      converter = TimeArgument.class,
      description = "The latest event time, exclusive (default: no bound).")
  private Instant to = Instant.ofEpochMilli(Long.MAX_VALUE);

  @Option(
      names = "--where",
      paramLabel = "<condition>",
      description =
          "Only events of which this holds: a field, one of = != < <= > >=, and a value. May be given several times: then all have to hold.")
  private List<String> where = List.of();

  @Option(
      names = "--limit",
      defaultValue = "100",
      paramLabel = "<N>",
      description = "At most so many, the newest (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}); csv and json have where each event stands besides.")
  private Format format;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    if (limit < 1) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT, "Cannot show %d events: expected a limit of at least 1", limit));
    }
    if (!from.isBefore(to)) {
      throw new InvalidInputException(
          "Cannot show events from %s to %s: expected a time before the end".formatted(from, to));
    }

    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    LambdaConfig settings = config.load(new Configuration());
    Views views = Views.load(loader);
    EventType type = views.eventType(topic);
    List<Condition> conditions =
        new ArrayList<>(where.stream().map(text -> Condition.parse(type, text)).toList());
    if (key != null) {
      conditions.add(Condition.ofKey(type, key));
    }

    PriorityQueue<RawEvent> newest = new PriorityQueue<>(ORDER);
    long[] found = {0};
    RawEvents.Answer answer =
        new RawEvents(settings, views, SchemaStore.load(loader), Clock.systemUTC())
            .read(
                topic,
                from,
                to,
                event -> {
                  if (conditions.stream().allMatch(c -> c.holds(event.record()))) {
                    found[0]++;
                    newest.add(event);
                    if (newest.size() > limit) {
                      newest.remove();
                    }
                  }
                  return true;
                });

    PrintWriter out = spec.commandLine().getOut();
    listing(type.schema(), newest.stream().sorted(ORDER).toList()).print(format, out);
    // A program that reads the rows does not want sentences between them.
    about(answer, found[0], format == Format.TABLE ? out : spec.commandLine().getErr());
    return 0;
  }

  private Listing listing(Schema schema, List<RawEvent> events) {
    boolean withPlace = format != Format.TABLE;
    List<String> header =
        new ArrayList<>(schema.getFields().stream().map(Schema.Field::name).toList());
    if (withPlace) {
      header.addAll(List.of("lambda_partition", "lambda_offset", "lambda_append_time"));
    }

    Listing listing = new Listing(header);
    for (RawEvent event : events) {
      List<Object> row = new ArrayList<>();
      for (Schema.Field field : schema.getFields()) {
        row.add(cell(EventJson.of(event.record().get(field.pos()), field.schema())));
      }
      if (withPlace) {
        row.addAll(List.of(event.partition(), event.offset(), event.appendTime()));
      }
      listing.add(row);
    }
    return listing;
  }

  private static Object cell(JsonNode json) {
    if (json.isNull()) {
      return null;
    }
    if (json.isNumber()) {
      return json.numberValue();
    }
    return json.isTextual() ? json.textValue() : json.toString();
  }

  private void about(RawEvents.Answer answer, long found, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%n%s: %s, %,d shown; %s were archived and %s in Kafka alone in these times%n",
        topic,
        Texts.count(found, "event"),
        Math.min(found, limit),
        Texts.count(answer.archived(), "event"),
        Texts.count(answer.inLog(), "event"));
    out.printf("%s: whole up to %s%n", topic, answer.whole());
    if (!answer.open().isEmpty()) {
      out.printf(
          "%s: but for partitions %s, where a transaction is open or replicas are behind%n",
          topic, answer.open());
    }
    if (!answer.lost().isEmpty()) {
      out.printf(
          Locale.ROOT,
          "%s: %s lost, whose records retention had removed before they were archived%n",
          topic,
          Texts.count(answer.lost().count(), "offset"));
    }
    if (answer.notEvents() > 0) {
      out.printf(
          "%s: %s are no events; lambda dead-letters shows those that are archived%n",
          topic, Texts.count(answer.notEvents(), "record"));
    }
    out.flush();
  }
}
