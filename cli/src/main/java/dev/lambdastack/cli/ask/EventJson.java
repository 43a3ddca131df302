package dev.lambdastack.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;

/** Events as the natural JSON of Avro that {@code lambda produce} reads. */
final class EventJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.withExactBigDecimals(true);

  private EventJson() {}

  /** All fields by name. */
  static ObjectNode of(GenericRecord record) {
    ObjectNode json = JSON.objectNode();
    for (Schema.Field field : record.getSchema().getFields()) {
      json.set(field.name(), of(record.get(field.pos()), field.schema()));
    }
    return json;
  }

  /** One value of a schema. */
  static JsonNode of(Object value, Schema schema) {
    if (value == null) {
      return JSON.nullNode();
    }

    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case UNION -> of(value, schema.getTypes().get(GenericData.get().resolveUnion(schema, value)));
      case RECORD -> of((GenericRecord) value);
      case ARRAY -> {
        ArrayNode items = JSON.arrayNode();
        ((List<?>) value).forEach(item -> items.add(of(item, schema.getElementType())));
        yield items;
      }
      case MAP -> {
        ObjectNode entries = JSON.objectNode();
        ((Map<?, ?>) value)
            .forEach((k, v) -> entries.set(k.toString(), of(v, schema.getValueType())));
        yield entries;
      }
      case STRING, ENUM -> JSON.textNode(value.toString());
      case BYTES -> bytes(bytes((ByteBuffer) value), logical);
      case FIXED -> bytes(((GenericFixed) value).bytes(), logical);
      case INT ->
          logical instanceof LogicalTypes.Date
              ? JSON.textNode(LocalDate.ofEpochDay((Integer) value).toString())
              : JSON.numberNode((Integer) value);
      case LONG -> number((Long) value, logical);
      case FLOAT -> real(((Float) value).doubleValue(), value);
      case DOUBLE -> real((Double) value, value);
      case BOOLEAN -> JSON.booleanNode((Boolean) value);
      case NULL -> JSON.nullNode();
    };
  }

  /** JSON has no word for what is no finite number. */
  private static JsonNode real(double number, Object value) {
    return Double.isFinite(number)
        ? JSON.numberNode(new BigDecimal(value.toString()))
        : JSON.textNode(value.toString());
  }

  private static JsonNode number(long value, LogicalType logical) {
    if (logical instanceof LogicalTypes.TimestampMillis) {
      return JSON.textNode(Instant.ofEpochMilli(value).toString());
    }
    return logical instanceof LogicalTypes.TimestampMicros
        ? JSON.textNode(Instant.EPOCH.plus(value, ChronoUnit.MICROS).toString())
        : JSON.numberNode(value);
  }

  private static JsonNode bytes(byte[] bytes, LogicalType logical) {
    return logical instanceof LogicalTypes.Decimal decimal
        ? JSON.numberNode(new BigDecimal(new BigInteger(bytes), decimal.getScale()))
        : JSON.textNode(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
