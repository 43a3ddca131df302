package dev.lambdastack.cli.send;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Numbers;
import dev.lambdastack.views.Surrogates;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/**
 * Reads one JSON object as a record of a schema. The natural JSON of Avro: fields by name, unions
 * without a wrapper, and
 *
 * <ul>
 *   <li>decimals as numbers or text in plain digits, exactly: {@code 12.50} or {@code "12.50"};
 *   <li>timestamps as ISO 8601 text with an offset, or whole numbers in the schema's unit since
 *       1970; dates as {@code 2026-01-31} or days since 1970;
 *   <li>bytes as text, one character (U+0000 to U+00FF) for each byte, as in Avro's own JSON.
 * </ul>
 *
 * A field that is missing takes its default; one that the schema does not have is refused, so that
 * a misspelled name is not lost.
 */
final class JsonEvent {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          // What is written as 1.0 is shown as 1.0.
          .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));

  /** What the parser says of its own settings, which are nobody's but ours. */
  private static final Pattern SETTINGS =
      Pattern.compile(
          "(?: for `ObjectNode`| \\(bound as [^)]*\\))?: (?:enable|not allowed (?:when|as per)) `.*"
              + "|Source: REDACTED \\([^)]*\\); ");

  private JsonEvent() {}

  /**
   * The record that a line holds.
   *
   * @throws InvalidInputException when it is not one JSON object or does not fit the schema
   */
  static GenericRecord parse(Schema schema, String line) {
    JsonNode json;
    try {
      json = MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "not JSON: " + SETTINGS.matcher(e.getOriginalMessage()).replaceAll(""));
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "a number has an exponent beyond 32 bits; expected one that its field can hold", e);
    }
    return record(schema, json, "");
  }

  /**
   * The id that a line holds, and nothing else: {@code {"product_id": 8}}; as a record with this
   * field alone.
   *
   * @throws InvalidInputException when it is something else
   */
  static GenericRecord parseId(Schema schema, String field, String line) {
    Schema id =
        Schema.createRecord(
            "Id",
            null,
            schema.getNamespace(),
            false,
            // No default: whose row shall go must be said.
            List.of(new Schema.Field(field, schema.getField(field).schema())));

    GenericRecord record = parse(id, line);
    if (record.get(field) == null) {
      throw new InvalidInputException("field '%s' is null: no row has such an id".formatted(field));
    }
    return record;
  }

  private static GenericRecord record(Schema schema, JsonNode json, String path) {
    if (!json.isObject()) {
      throw misfit(path, "an object of " + schema.getName(), json);
    }

    for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (schema.getField(name) == null) {
        throw new InvalidInputException(
            "%s has no field '%s'; its fields are %s"
                .formatted(
                    schema.getName(),
                    name,
                    String.join(
                        ", ", schema.getFields().stream().map(Schema.Field::name).toList())));
      }
    }

    GenericRecord record = new GenericData.Record(schema);
    for (Schema.Field field : schema.getFields()) {
      String at = path.isEmpty() ? field.name() : path + "." + field.name();
      JsonNode value = json.get(field.name());
      if (value != null) {
        record.put(field.pos(), value(field.schema(), value, at));
      } else if (field.hasDefaultValue()) {
        record.put(field.pos(), GenericData.get().getDefaultValue(field));
      } else {
        throw new InvalidInputException("field '%s' is missing".formatted(at));
      }
    }

    return record;
  }

  private static Object value(Schema schema, JsonNode json, String path) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return decimal(decimal, json, path);
    }

    return switch (schema.getType()) {
      case RECORD -> record(schema, json, path);
      case UNION -> union(schema, json, path);
      case NULL -> nothing(json, path);
      case STRING -> text(json, path, "text");
      case ENUM -> symbol(schema, json, path);
      case INT -> logical instanceof LogicalTypes.Date ? date(json, path) : integer(json, path);
      case LONG -> number(logical, json, path);
      case FLOAT -> single(json, path);
      case DOUBLE -> floating(json, path);
      case BOOLEAN -> bool(json, path);
      case BYTES -> ByteBuffer.wrap(bytes(json, path));
      case FIXED -> fixed(schema, json, path);
      case ARRAY -> list(schema, json, path);
      case MAP -> map(schema, json, path);
    };
  }

  private static Object union(Schema schema, JsonNode json, String path) {
    InvalidInputException first = null;
    for (Schema branch : schema.getTypes()) {
      if (json.isNull() != (branch.getType() == Schema.Type.NULL)) {
        continue;
      }
      try {
        return value(branch, json, path);
      } catch (InvalidInputException e) {
        first = first == null ? e : first;
      }
    }

    throw first == null ? misfit(path, "a value", json) : first;
  }

  private static Object nothing(JsonNode json, String path) {
    if (!json.isNull()) {
      throw misfit(path, "null", json);
    }
    return null;
  }

  private static String text(JsonNode json, String path, String expected) {
    if (!json.isTextual()) {
      throw misfit(path, expected, json);
    }
    return whole(json.textValue(), path);
  }

  private static String whole(String text, String path) {
    Surrogates.alone(text)
        .ifPresent(
            half -> {
              throw new InvalidInputException(
                  "field '%s': expected text of whole characters, found %s".formatted(path, half));
            });
    return text;
  }

  private static Object symbol(Schema schema, JsonNode json, String path) {
    String expected = "one of " + String.join(", ", schema.getEnumSymbols());
    String symbol = text(json, path, expected);
    if (!schema.hasEnumSymbol(symbol)) {
      throw misfit(path, expected, json);
    }
    return new GenericData.EnumSymbol(schema, symbol);
  }

  private static BigDecimal decimal(LogicalTypes.Decimal type, JsonNode json, String path) {
    String expected =
        String.format(
            Locale.ROOT,
            "a number of at most %d digits, %d of them after the point",
            type.getPrecision(),
            type.getScale());

    if (!json.isNumber() && !json.isTextual()) {
      throw misfit(path, expected, json);
    }

    try {
      return Numbers.exact(Numbers.parse(json.asText()), type.getScale(), type.getPrecision());
    } catch (ArithmeticException | NumberFormatException e) {
      throw misfit(path, expected, json);
    }
  }

  private static Integer integer(JsonNode json, String path) {
    if (!json.isIntegralNumber() || !json.canConvertToInt()) {
      throw misfit(path, "a whole number of 32 bits", json);
    }
    return json.intValue();
  }

  private static Object number(LogicalType logical, JsonNode json, String path) {
    boolean millis = logical instanceof LogicalTypes.TimestampMillis;
    boolean micros = logical instanceof LogicalTypes.TimestampMicros;

    if (json.isTextual() && (millis || micros)) {
      return instant(json, path, millis ? ChronoUnit.MILLIS : ChronoUnit.MICROS);
    }

    if (!json.isIntegralNumber() || !json.canConvertToLong()) {
      throw misfit(
          path,
          millis || micros
              ? "an instant such as 2026-01-31T12:00:00Z or a whole number since 1970"
              : "a whole number of 64 bits",
          json);
    }

    return json.longValue();
  }

  private static Instant instant(JsonNode json, String path, ChronoUnit unit) {
    Instant instant;
    try {
      instant = OffsetDateTime.parse(json.textValue()).toInstant();
    } catch (DateTimeException e) {
      throw misfit(path, "an instant such as 2026-01-31T12:00:00Z", json);
    }

    if (!fits(instant, unit)) {
      String expected =
          "an instant whose %s since 1970 have 64 bits"
              .formatted(unit.name().toLowerCase(Locale.ROOT));
      throw misfit(path, expected, json);
    }

    return instant;
  }

  private static boolean fits(Instant instant, ChronoUnit unit) {
    Instant last = Instant.EPOCH.plus(Long.MAX_VALUE, unit);
    Instant first = Instant.EPOCH.plus(Long.MIN_VALUE, unit);
    return !instant.isBefore(first) && !instant.isAfter(last);
  }

  private static Integer date(JsonNode json, String path) {
    if (!json.isTextual()) {
      return integer(json, path);
    }
    try {
      return Math.toIntExact(LocalDate.parse(json.textValue()).toEpochDay());
    } catch (DateTimeException | ArithmeticException e) {
      throw misfit(path, "a date such as 2026-01-31", json);
    }
  }

  /** What is greater than any would be stored as infinity. */
  private static float single(JsonNode json, String path) {
    float value = (float) floating(json, path);
    if (Float.isInfinite(value)) {
      throw misfit(path, "a number of at most " + Float.MAX_VALUE, json);
    }
    return value;
  }

  private static double floating(JsonNode json, String path) {
    if (!json.isNumber()) {
      throw misfit(path, "a number", json);
    }
    double value = json.doubleValue();
    if (Double.isInfinite(value)) {
      throw misfit(path, "a number of at most " + Double.MAX_VALUE, json);
    }
    return value;
  }

  private static Boolean bool(JsonNode json, String path) {
    if (!json.isBoolean()) {
      throw misfit(path, "true or false", json);
    }
    return json.booleanValue();
  }

  private static byte[] bytes(JsonNode json, String path) {
    String text = text(json, path, "text");
    if (text.chars().anyMatch(c -> c > 0xFF)) {
      throw misfit(path, "text of characters up to U+00FF, one for each byte", json);
    }
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Object fixed(Schema schema, JsonNode json, String path) {
    byte[] bytes = bytes(json, path);
    if (bytes.length != schema.getFixedSize()) {
      throw misfit(path, schema.getFixedSize() + " bytes", json);
    }
    return new GenericData.Fixed(schema, bytes);
  }

  private static Object list(Schema schema, JsonNode json, String path) {
    if (!json.isArray()) {
      throw misfit(path, "an array", json);
    }
    List<Object> list = new ArrayList<>();
    for (JsonNode element : json) {
      list.add(value(schema.getElementType(), element, path + "[" + list.size() + "]"));
    }
    return list;
  }

  private static Object map(Schema schema, JsonNode json, String path) {
    if (!json.isObject()) {
      throw misfit(path, "an object", json);
    }
    Map<String, Object> map = new HashMap<>();
    json.fields()
        .forEachRemaining(
            e ->
                map.put(
                    whole(e.getKey(), path),
                    value(schema.getValueType(), e.getValue(), path + "." + e.getKey())));
    return map;
  }

  private static InvalidInputException misfit(String path, String expected, JsonNode found) {
    String shown = found.toString();
    return new InvalidInputException(
        "%s: expected %s, found %s"
            .formatted(
                path.isEmpty() ? "the line" : "field '" + path + "'",
                expected,
                shown.length() > 80 ? shown.substring(0, 80) + "…" : shown));
  }
}
