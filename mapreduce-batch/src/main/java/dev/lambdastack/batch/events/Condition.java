package dev.lambdastack.batch.events;

import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Numbers;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;

/**
 * What an event has to be: a field, compared with a value. A field that is null meets no condition
 * but {@code !=}. Numbers are compared exactly, texts by their code points, times as instants.
 */
public final class Condition {
  private static final Pattern TEXT =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(=|!=|<=|>=|<|>)(.*)");

  private final int field;
  private final Schema schema;
  private final Comparable<?> value;
  private final boolean takesNull;
  private final IntPredicate holds;

  private Condition(
      Schema.Field field, Comparable<?> value, boolean takesNull, IntPredicate holds) {
    this.field = field.pos();
    this.schema = EventColumns.branches(field.schema()).get(0);
    this.value = value;
    this.takesNull = takesNull;
    this.holds = holds;
  }

  /**
   * A condition as a person types it: {@code amount>=12.50}.
   *
   * @throws InvalidInputException when it is none, or the event has no such field
   */
  public static Condition parse(EventType type, String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new InvalidInputException(
          "Cannot understand the condition '%s': expected a field, one of = != < <= > >=, and a value, as in amount>=12.50"
              .formatted(text));
    }
    Schema.Field field = field(type, parts.group(1));
    IntPredicate holds =
        switch (parts.group(2)) {
          case "=" -> order -> order == 0;
          case "!=" -> order -> order != 0;
          case "<" -> order -> order < 0;
          case "<=" -> order -> order <= 0;
          case ">" -> order -> order > 0;
          default -> order -> order >= 0;
        };
    return new Condition(field, valueOf(field, parts.group(3)), parts.group(2).equals("!="), holds);
  }

  /** That the event's partition key has this value. */
  public static Condition ofKey(EventType type, String key) {
    Schema.Field field = field(type, type.partitionKey());
    return new Condition(field, valueOf(field, key), false, order -> order == 0);
  }

  private static Schema.Field field(EventType type, String name) {
    Schema.Field field = type.schema().getField(name);
    if (field == null) {
      throw new InvalidInputException(
          "Events of topic %s have no field '%s'; their fields are %s"
              .formatted(
                  type.topic(),
                  name,
                  String.join(
                      ", ", type.schema().getFields().stream().map(Schema.Field::name).toList())));
    }
    return field;
  }

  private static Comparable<?> valueOf(Schema.Field field, String text) {
    List<Schema> branches = EventColumns.branches(field.schema());
    Schema schema = branches.get(0);
    try {
      return switch (branches.size() > 1 ? Schema.Type.UNION : schema.getType()) {
        case STRING, ENUM -> new Utf8(text);
        case BOOLEAN -> Boolean.valueOf(bool(text));
        case INT ->
            schema.getLogicalType() instanceof LogicalTypes.Date
                ? BigDecimal.valueOf(LocalDate.parse(text).toEpochDay())
                : number(text);
        case LONG -> isTime(schema) ? BigDecimal.valueOf(time(schema, text)) : number(text);
        case FLOAT, DOUBLE -> number(text);
        case BYTES, FIXED ->
            schema.getLogicalType() instanceof LogicalTypes.Decimal ? number(text) : none(field);
        case RECORD, ARRAY, MAP, UNION, NULL -> none(field);
      };
    } catch (DateTimeException | NumberFormatException e) {
      throw new InvalidInputException(
          "Cannot compare field '%s' with '%s': expected a value of %s"
              .formatted(field.name(), text, schema),
          e);
    }
  }

  private static BigDecimal number(String text) {
    return Numbers.parse(text);
  }

  private static boolean bool(String text) {
    if (!text.equals("true") && !text.equals("false")) {
      throw new NumberFormatException(text);
    }
    return text.equals("true");
  }

  private static Comparable<?> none(Schema.Field field) {
    throw new InvalidInputException(
        "Cannot compare field '%s': expected a field of one single value, found %s"
            .formatted(field.name(), field.schema()));
  }

  private static boolean isTime(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    return logical instanceof LogicalTypes.TimestampMillis
        || logical instanceof LogicalTypes.TimestampMicros;
  }

  private static long time(Schema schema, String text) {
    Instant time =
        text.contains("T")
            ? OffsetDateTime.parse(text).toInstant()
            : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
        ? time.toEpochMilli()
        : ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /** Whether the event meets it. */
  public boolean holds(GenericRecord event) {
    Object found = event.get(field);
    return found == null ? takesNull : holds.test(compare(found));
  }

  @SuppressWarnings("unchecked")
  private int compare(Object found) {
    Comparable<?> comparable =
        switch (schema.getType()) {
          case STRING, ENUM -> new Utf8(found.toString());
          case BOOLEAN -> (Boolean) found;
          case FLOAT, DOUBLE -> {
            double number = ((Number) found).doubleValue();
            if (Double.isNaN(number) || Double.isInfinite(number)) {
              // Greater or less than any number that can be typed.
              yield null;
            }
            yield new BigDecimal(found.toString());
          }
          case BYTES, FIXED -> decimal(found);
          default -> BigDecimal.valueOf(((Number) found).longValue());
        };
    if (comparable == null) {
      return ((Number) found).doubleValue() == Double.NEGATIVE_INFINITY ? -1 : 1;
    }
    return ((Comparable<Object>) comparable).compareTo(value);
  }

  private BigDecimal decimal(Object found) {
    byte[] bytes;
    if (found instanceof GenericFixed fixed) {
      bytes = fixed.bytes();
    } else {
      ByteBuffer buffer = ((ByteBuffer) found).duplicate();
      bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
    }
    int scale = ((LogicalTypes.Decimal) schema.getLogicalType()).getScale();
    return new BigDecimal(new BigInteger(bytes), scale);
  }
}
