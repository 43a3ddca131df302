package dev.lambdastack.batch.master;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.util.DateTimeUtil;

/**
 * Rows of a topic's table as the events that they were: the inverse of what {@link EventColumns}
 * says. A column that a row's file does not have is the field's default.
 */
public final class EventRecords {
  private EventRecords() {}

  /**
   * The event in a row, without the columns of where it stood.
   *
   * @param pinned the schema that the event is to have
   */
  public static GenericRecord of(Record row, Schema pinned) {
    GenericData.Record record = new GenericData.Record(pinned);
    for (Schema.Field field : pinned.getFields()) {
      if (!EventColumns.isAlwaysNull(field.schema())) {
        record.put(field.pos(), fieldOf(row, field));
      }
    }
    return record;
  }

  private static Object fieldOf(Record row, Schema.Field field) {
    Optional<String> column =
        Stream.concat(Stream.of(field.name()), field.aliases().stream())
            .filter(name -> row.struct().field(name) != null)
            .findFirst();
    Object value = column.map(row::getField).orElse(null);
    if (value != null) {
      return valueOf(value, field.schema());
    }

    boolean isLacking = column.isEmpty() || !field.schema().isNullable();
    return isLacking && field.hasDefaultValue() ? GenericData.get().getDefaultValue(field) : null;
  }

  private static Object valueOf(Object value, Schema schema) {
    if (value == null) {
      return null;
    }

    List<Schema> branches = EventColumns.branches(schema);
    if (branches.size() > 1) {
      Record union = (Record) value;
      String name = (String) union.getField(EventColumns.BRANCH);
      Schema branch =
          branches.stream()
              .filter(b -> EventColumns.branchName(b).equals(name))
              .findFirst()
              .orElseThrow();
      return valueOf(union.getField(name), branch);
    }

    Schema only = branches.get(0);
    return switch (only.getType()) {
      case RECORD -> of((Record) value, only);
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        ((List<?>) value).forEach(item -> items.add(valueOf(item, only.getElementType())));
        yield items;
      }
      case MAP -> {
        Map<String, Object> entries = new LinkedHashMap<>();
        ((Map<?, ?>) value)
            .forEach((k, v) -> entries.put(k.toString(), valueOf(v, only.getValueType())));
        yield entries;
      }
      case ENUM -> symbol((String) value, only);
      case BYTES ->
          value instanceof BigDecimal decimal
              ? ByteBuffer.wrap(decimal.unscaledValue().toByteArray())
              : value;
      case FIXED -> new GenericData.Fixed(only, fixed(value, only.getFixedSize()));
      case INT -> integer(value);
      case LONG -> number(value, only.getLogicalType());
      case DOUBLE -> ((Number) value).doubleValue();
      case BOOLEAN, FLOAT, STRING -> value;
      case NULL, UNION -> throw new IllegalArgumentException(schema + " has no column");
    };
  }

  private static GenericData.EnumSymbol symbol(String text, Schema symbols) {
    String known =
        symbols.hasEnumSymbol(text) || symbols.getEnumDefault() == null
            ? text
            : symbols.getEnumDefault();
    return new GenericData.EnumSymbol(symbols, known);
  }

  private static byte[] fixed(Object value, int size) {
    if (value instanceof BigDecimal decimal) {
      byte[] unscaled = decimal.unscaledValue().toByteArray();
      byte[] bytes = new byte[size];
      Arrays.fill(bytes, unscaled[0] < 0 ? (byte) -1 : 0);
      System.arraycopy(unscaled, 0, bytes, size - unscaled.length, unscaled.length);
      return bytes;
    }
    return value instanceof ByteBuffer buffer ? buffer.array() : (byte[]) value;
  }

  private static int integer(Object value) {
    if (value instanceof LocalDate date) {
      return (int) date.toEpochDay();
    }
    return (Integer) value;
  }

  private static long number(Object value, LogicalType logical) {
    if (value instanceof OffsetDateTime time) {
      return logical instanceof LogicalTypes.TimestampMillis
          ? time.toInstant().toEpochMilli()
          : DateTimeUtil.microsFromTimestamptz(time);
    }
    if (value instanceof LocalDateTime time) {
      return logical instanceof LogicalTypes.LocalTimestampMillis
          ? time.toInstant(ZoneOffset.UTC).toEpochMilli()
          : DateTimeUtil.microsFromTimestamp(time);
    }
    return ((Number) value).longValue();
  }
}
