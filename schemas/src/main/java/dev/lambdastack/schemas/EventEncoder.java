package dev.lambdastack.schemas;

import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Surrogates;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * What producers send: the key and value of an event's Kafka record. Takes generated classes and
 * generic records of any version of the event. Not thread-safe.
 */
public final class EventEncoder {
  private static final GenericData GENERIC = new GenericData();

  static {
    GENERIC.addLogicalTypeConversion(new Conversions.DecimalConversion());
    GENERIC.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    GENERIC.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
  }

  private final EventType type;

  private record Shape(Class<?> type, Schema schema) {}

  private final Map<Shape, BinaryMessageEncoder<IndexedRecord>> encoders = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  public EventEncoder(EventType type) {
    this.type = type;
  }

  /**
   * The event in Avro single-object encoding, by the event's own schema.
   *
   * @throws InvalidInputException when the event is of another type, does not fit its schema or has
   *     a text with half of a character
   */
  public byte[] value(IndexedRecord event) {
    Schema schema = event.getSchema();
    if (!schema.getFullName().equals(type.schema().getFullName())) {
      throw new InvalidInputException(
          "Cannot send %s to topic %s: expected %s"
              .formatted(schema.getFullName(), type.topic(), type.schema().getFullName()));
    }

    checkTexts(event, "");
    out.reset();
    try {
      encoders
          .computeIfAbsent(
              new Shape(event.getClass(), schema),
              s -> new BinaryMessageEncoder<>(model(event), schema))
          .encode(event, out);
    } catch (IOException | RuntimeException e) {
      throw new InvalidInputException(
          "Cannot encode an event %s for topic %s: %s"
              .formatted(schema.getFullName(), type.topic(), e.getMessage()),
          e);
    }

    return out.toByteArray();
  }

  /** Avro would write half of a character as a question mark, in silence. */
  private void checkTexts(Object datum, String place) {
    if (datum instanceof IndexedRecord record) {
      for (Schema.Field field : record.getSchema().getFields()) {
        checkTexts(
            record.get(field.pos()), place.isEmpty() ? field.name() : place + "." + field.name());
      }
    } else if (datum instanceof Iterable<?> items) {
      items.forEach(item -> checkTexts(item, place));
    } else if (datum instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            checkTexts(key, place);
            checkTexts(value, place);
          });
    } else if (datum instanceof String text) {
      Surrogates.alone(text)
          .ifPresent(
              half -> {
                throw new InvalidInputException(
                    "Cannot encode an event for topic %s: field '%s' has half of a character (%s)"
                        .formatted(type.topic(), place, half));
              });
    }
  }

  private static GenericData model(IndexedRecord event) {
    return event instanceof SpecificRecord ? SpecificData.getForClass(event.getClass()) : GENERIC;
  }

  /**
   * UTF-8 of the partition key as text: numbers in plain decimal notation, times in milliseconds
   * since 1970. Null when the event has none; Kafka spreads those.
   */
  public byte[] key(IndexedRecord event) {
    Schema.Field field = event.getSchema().getField(type.partitionKey());
    Object value = field == null ? null : event.get(field.pos());
    return value == null ? null : text(value).getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Object value) {
    if (value instanceof GenericEnumSymbol<?> symbol && value instanceof Enum<?> constant) {
      // A generated constant is named return$ where its symbol is return.
      return symbol.getSchema().getEnumSymbols().get(constant.ordinal());
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return value instanceof Instant time ? Long.toString(time.toEpochMilli()) : value.toString();
  }
}
