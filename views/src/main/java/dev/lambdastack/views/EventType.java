package dev.lambdastack.views;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;

/**
 * A kind of event: the topic it is on, the Avro schema that readers are pinned to, the column that
 * says when it happened, and the column that producers partition by. Immutable.
 */
public final class EventType {
  private final String topic;
  private final Schema schema;
  private final Map<String, Column> columns = new LinkedHashMap<>();
  private final String eventTime;
  private final String partitionKey;

  private EventType(String topic, Schema schema, String eventTime, String partitionKey) {
    this.topic = topic;
    this.schema = schema;
    schema.getFields().forEach(f -> Column.of(f).ifPresent(c -> columns.put(c.name(), c)));
    this.eventTime = eventTime;
    this.partitionKey = partitionKey;

    Column time = column(eventTime);
    if (time.type() != ColumnType.TIMESTAMP || time.nullable()) {
      throw new InvalidInputException(
          "Cannot use '%s' as event time of topic %s: expected a timestamp-millis that is never null, found %s%s"
              .formatted(eventTime, topic, time.nullable() ? "nullable " : "", time.type()));
    }

    column(partitionKey);
  }

  /**
   * An event type.
   *
   * @param schema a record schema; its top-level fields of simple types are the columns
   * @param eventTime the name of a column of type {@link ColumnType#TIMESTAMP} that is never null
   * @param partitionKey the name of the column whose value is the Kafka key
   * @throws InvalidInputException when the schema is not a record or lacks a column
   */
  public static EventType of(String topic, Schema schema, String eventTime, String partitionKey) {
    if (!topic.matches("[a-zA-Z0-9._-]{1,200}") || topic.startsWith("_") || topic.startsWith(".")) {
      throw new InvalidInputException(
          "Cannot use topic '%s': expected 1-200 letters, digits, dots, dashes or underscores, not starting with a dot or underscore"
              .formatted(topic));
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw new InvalidInputException(
          "Cannot read topic %s: expected a record schema, found %s"
              .formatted(topic, schema.getType()));
    }
    return new EventType(topic, schema, eventTime, partitionKey);
  }

  public String topic() {
    return topic;
  }

  /** The pinned reader schema. */
  public Schema schema() {
    return schema;
  }

  /** The name of the event-time column. */
  public String eventTime() {
    return eventTime;
  }

  /** The name of the column that producers use as the Kafka key. */
  public String partitionKey() {
    return partitionKey;
  }

  /** All columns that views can read, in schema order. */
  public Map<String, Column> columns() {
    return Collections.unmodifiableMap(columns);
  }

  /**
   * The column of this name.
   *
   * @throws InvalidInputException when there is none that a view can read
   */
  public Column column(String name) {
    Column column = columns.get(name);
    if (column != null) {
      return column;
    }

    Schema.Field field = schema.getField(name);
    if (field != null) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot read column '%s' of topic %s: views read strings, numbers, booleans, timestamps and decimals of precision up to %d at the top level of a record, found %s",
              name,
              topic,
              Column.MAX_PRECISION,
              field.schema()));
    }

    throw new InvalidInputException(
        "No column '%s' in schema %s of topic %s; it has %s"
            .formatted(
                name,
                schema.getFullName(),
                topic,
                columns.keySet().stream().sorted().collect(Collectors.joining(", "))));
  }

  /** All that an enum column can be; empty for every other column, also one that is derived. */
  List<String> symbols(String column) {
    Schema.Field field = schema.getField(column);
    if (field == null) {
      return List.of();
    }
    Stream<Schema> types =
        field.schema().isUnion() ? field.schema().getTypes().stream() : Stream.of(field.schema());
    return types
        .filter(s -> s.getType() == Schema.Type.ENUM)
        .flatMap(s -> s.getEnumSymbols().stream())
        .toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventType that
        && topic.equals(that.topic)
        && schema.equals(that.schema)
        && eventTime.equals(that.eventTime)
        && partitionKey.equals(that.partitionKey);
  }

  @Override
  public int hashCode() {
    return topic.hashCode() * 31 + schema.hashCode();
  }

  @Override
  public String toString() {
    return topic + "(" + schema.getFullName() + ")";
  }
}
