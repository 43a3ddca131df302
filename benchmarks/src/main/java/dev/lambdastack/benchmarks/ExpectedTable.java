package dev.lambdastack.benchmarks;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;

/**
 * What an engine must see of a topic's table, by what {@code docs/master-dataset.md} says and Avro
 * means: the columns after some pinned schemas, and an event's values in them. None of the
 * product's code is called. Values have one form as text, {@link EngineText}, in which engines give
 * theirs.
 */
final class ExpectedTable {
  /** A column, a field of a struct, or what a list or a map holds. */
  private static final class Node {
    private String type;
    private final Map<String, Child> fields = new TreeMap<>();
    private Node item;
    private boolean isUnion;
  }

  /**
   * A part of a struct.
   *
   * @param names that it has had
   * @param missing what it reads as where a file lacks it
   */
  private record Child(Set<String> names, Node node, String missing) {}

  private final Node root = new Node();

  /** Brings the columns to a pinned schema. */
  void evolve(Schema pinned) {
    record(root, pinned);
  }

  private static Node of(Schema schema) {
    Node node = new Node();
    change(node, schema);
    return node;
  }

  private static void change(Node node, Schema schema) {
    List<Schema> branches = branches(schema);
    if (branches.size() > 1) {
      node.isUnion = true;
      branches.forEach(
          branch -> {
            Child child = node.fields.get(nameOf(branch));
            if (child == null) {
              node.fields.put(
                  nameOf(branch), new Child(Set.of(nameOf(branch)), of(branch), "null"));
            } else {
              change(child.node(), branch);
            }
          });
      return;
    }

    Schema only = branches.get(0);
    switch (only.getType()) {
      case RECORD -> record(node, only);
      case ARRAY, MAP -> {
        Schema item =
            only.getType() == Schema.Type.MAP ? only.getValueType() : only.getElementType();
        node.type = only.getType() == Schema.Type.MAP ? "map<string,%s>" : "array<%s>";
        if (node.item == null) {
          node.item = of(item);
        } else {
          change(node.item, item);
        }
      }
      default -> node.type = sparkType(only);
    }
  }

  private static void record(Node node, Schema record) {
    // What a struct begins with was never lacking: a later file lacks what was dropped.
    boolean isNew = node.fields.isEmpty();
    for (Schema.Field field : record.getFields()) {
      if (field.schema().getType() == Schema.Type.NULL) {
        continue;
      }
      String before =
          node.fields.containsKey(field.name())
              ? field.name()
              : field.aliases().stream().filter(node.fields::containsKey).findFirst().orElse(null);
      if (before == null) {
        node.fields.put(
            field.name(),
            new Child(Set.of(field.name()), of(field.schema()), isNew ? "null" : missing(field)));
        continue;
      }

      Child child = node.fields.remove(before);
      Set<String> names = new LinkedHashSet<>(child.names());
      names.add(field.name());
      change(child.node(), field.schema());
      node.fields.put(field.name(), new Child(names, child.node(), child.missing()));
    }
  }

  /** A default that a table can say: of one value, and no list, map or record. */
  private static String missing(Schema.Field field) {
    Object value = field.hasDefaultValue() ? GenericData.get().getDefaultValue(field) : null;
    List<Schema> branches = branches(field.schema());
    boolean isSaid =
        value != null
            && branches.size() == 1
            && switch (branches.get(0).getType()) {
              case RECORD, ARRAY, MAP -> false;
              default -> true;
            };
    return isSaid ? primitive(branches.get(0), value) : "null";
  }

  private static List<Schema> branches(Schema schema) {
    return schema.isUnion()
        ? schema.getTypes().stream().filter(s -> s.getType() != Schema.Type.NULL).toList()
        : List.of(schema);
  }

  private static String nameOf(Schema branch) {
    return branch.getFullName().replace('.', '_');
  }

  /** The columns' types by name, as Spark calls them. */
  Map<String, String> types() {
    Map<String, String> types = new TreeMap<>();
    root.fields.forEach((name, child) -> types.put(name, typeOf(child.node())));
    types.put("lambda_partition", "int");
    types.put("lambda_offset", "bigint");
    types.put("lambda_append_time", "timestamp");
    types.put("lambda_writer_schema", "bigint");
    types.put("lambda_raw", "binary");
    return types;
  }

  private static String typeOf(Node node) {
    if (node.item != null) {
      return node.type.formatted(typeOf(node.item));
    }
    if (node.fields.isEmpty()) {
      return node.type;
    }

    Map<String, String> fields = new TreeMap<>();
    node.fields.forEach((name, child) -> fields.put(name, typeOf(child.node())));
    if (node.isUnion) {
      fields.put("type", "string");
    }
    return fields.entrySet().stream()
        .map(e -> e.getKey() + ":" + e.getValue())
        .collect(Collectors.joining(",", "struct<", ">"));
  }

  private static String sparkType(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return "decimal(%s,%s)".formatted(decimal.getPrecision(), decimal.getScale());
    }
    if (logical instanceof LogicalTypes.Date) {
      return "date";
    }
    if (logical instanceof LogicalTypes.TimestampMillis
        || logical instanceof LogicalTypes.TimestampMicros) {
      return "timestamp";
    }
    if (logical instanceof LogicalTypes.LocalTimestampMillis
        || logical instanceof LogicalTypes.LocalTimestampMicros) {
      return "timestamp_ntz";
    }

    return switch (schema.getType()) {
      case INT -> "int";
      case LONG -> "bigint";
      case FLOAT -> "float";
      case DOUBLE -> "double";
      case BOOLEAN -> "boolean";
      case STRING, ENUM -> "string";
      case BYTES, FIXED -> "binary";
      case RECORD, ARRAY, MAP, UNION, NULL -> throw new IllegalArgumentException(schema.toString());
    };
  }

  /**
   * The columns of an event's row, by name.
   *
   * @param event of the schema that was pinned when it was archived
   */
  Map<String, String> values(GenericRecord event) {
    return fields(root, event);
  }

  private static Map<String, String> fields(Node node, GenericRecord record) {
    Map<String, String> values = new TreeMap<>();
    node.fields.forEach(
        (name, child) -> {
          Schema.Field field =
              record.getSchema().getFields().stream()
                  .filter(f -> child.names().contains(f.name()))
                  .findFirst()
                  .orElse(null);
          values.put(
              name,
              field == null
                  ? child.missing()
                  : value(child.node(), field.schema(), record.get(field.pos())));
        });
    return values;
  }

  private static String value(Node node, Schema schema, Object value) {
    if (value == null) {
      return "null";
    }
    if (node.isUnion) {
      Schema branch = schema.getTypes().get(GenericData.get().resolveUnion(schema, value));
      Map<String, String> values = new TreeMap<>();
      node.fields.forEach(
          (name, child) ->
              values.put(
                  name, name.equals(nameOf(branch)) ? value(child.node(), branch, value) : "null"));
      values.put("type", EngineText.quoted(nameOf(branch)));
      return EngineText.struct(values);
    }

    Schema only = branches(schema).get(0);
    return switch (only.getType()) {
      case RECORD -> EngineText.struct(fields(node, (GenericRecord) value));
      case ARRAY -> {
        List<String> items = new ArrayList<>();
        ((Collection<?>) value)
            .forEach(item -> items.add(value(node.item, only.getElementType(), item)));
        yield items.toString();
      }
      case MAP -> {
        Map<String, String> entries = new TreeMap<>();
        ((Map<?, ?>) value)
            .forEach(
                (key, item) ->
                    entries.put(
                        EngineText.quoted(key.toString()),
                        value(node.item, only.getValueType(), item)));
        yield EngineText.struct(entries);
      }
      case FLOAT ->
          node.type.equals("double")
              ? Double.toString((double) (Float) value)
              : Float.toString((Float) value);
      default -> primitive(only, value);
    };
  }

  private static String primitive(Schema schema, Object value) {
    return switch (schema.getType()) {
      case STRING, ENUM -> EngineText.quoted(value.toString());
      case BYTES -> bytes(schema, array((ByteBuffer) value));
      case FIXED -> bytes(schema, ((GenericFixed) value).bytes());
      case INT, LONG -> whole(schema.getLogicalType(), ((Number) value).longValue());
      case BOOLEAN, FLOAT, DOUBLE -> value.toString();
      case RECORD, ARRAY, MAP, UNION, NULL -> throw new IllegalArgumentException(schema.toString());
    };
  }

  private static byte[] array(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static String bytes(Schema schema, byte[] bytes) {
    return schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
        ? new BigDecimal(new BigInteger(bytes), decimal.getScale()).toPlainString()
        : EngineText.hex(bytes);
  }

  private static String whole(LogicalType logical, long value) {
    if (logical instanceof LogicalTypes.Date) {
      return LocalDate.ofEpochDay(value).toString();
    }
    if (logical instanceof LogicalTypes.TimestampMillis) {
      return Instant.ofEpochMilli(value).toString();
    }
    if (logical instanceof LogicalTypes.TimestampMicros) {
      return Instant.EPOCH.plus(value, ChronoUnit.MICROS).toString();
    }
    if (logical instanceof LogicalTypes.LocalTimestampMillis) {
      return LocalDateTime.ofInstant(Instant.ofEpochMilli(value), ZoneOffset.UTC).toString();
    }
    if (logical instanceof LogicalTypes.LocalTimestampMicros) {
      return LocalDateTime.ofInstant(Instant.EPOCH.plus(value, ChronoUnit.MICROS), ZoneOffset.UTC)
          .toString();
    }
    return Long.toString(value);
  }
}
