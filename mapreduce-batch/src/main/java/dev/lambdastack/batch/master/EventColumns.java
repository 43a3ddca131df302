package dev.lambdastack.batch.master;

import dev.lambdastack.views.EventShape;
import dev.lambdastack.views.InvalidInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/**
 * The columns of a topic's table: the event's own fields by their names, then those of where the
 * event stood in the log. Times have microseconds, an enum is its symbol, a union of several types
 * a struct with the name of the type that the value has and a column for each type. A field that is
 * always null has no column.
 */
public final class EventColumns {
  /** What our own columns begin with, and no field of an event may. */
  static final String PREFIX = "lambda_";

  /** The Kafka partition that the event stood in. */
  public static final String PARTITION = PREFIX + "partition";

  /** The offset at which the event stood. */
  public static final String OFFSET = PREFIX + "offset";

  /** When the broker appended the event. */
  public static final String APPEND_TIME = PREFIX + "append_time";

  /** CRC-64-AVRO of the schema that the event was written with. */
  public static final String WRITER_SCHEMA = PREFIX + "writer_schema";

  /**
   * The record's value as the producer sent it; null where it was written with the pinned schema,
   * so that the columns say all of it.
   */
  public static final String RAW = PREFIX + "raw";

  /** Of a union of several types: the name of the type that the value has. */
  static final String BRANCH = "type";

  /** It tells the struct of a union from one of a record that has such a field. */
  private static final String BRANCH_DOC = "which of the columns beside it has the value";

  private static final int MOST_DIGITS = 38;

  private EventColumns() {}

  /**
   * The columns of a new table.
   *
   * @param topic for the message
   * @throws InvalidInputException when a table cannot have the event's fields
   */
  public static Schema of(String topic, org.apache.avro.Schema pinned) {
    problem(pinned)
        .ifPresent(
            problem -> {
              throw new InvalidInputException(
                  "Cannot archive topic %s: %s has no form in a table: %s"
                      .formatted(topic, pinned.getFullName(), problem));
            });

    Ids ids = new Ids();
    List<NestedField> columns = new ArrayList<>(fields(pinned, ids));
    columns.add(NestedField.required(ids.next(), PARTITION, Types.IntegerType.get()));
    columns.add(NestedField.required(ids.next(), OFFSET, Types.LongType.get()));
    columns.add(NestedField.required(ids.next(), APPEND_TIME, Types.TimestampType.withZone()));
    columns.add(NestedField.required(ids.next(), WRITER_SCHEMA, Types.LongType.get()));
    columns.add(NestedField.optional(ids.next(), RAW, Types.BinaryType.get()));

    return new Schema(columns);
  }

  private static final class Ids {
    private int last;

    int next() {
      return ++last;
    }
  }

  /** Why a table cannot have events of the schema, by field; empty where it can. */
  private static Optional<String> problem(org.apache.avro.Schema pinned) {
    return EventShape.problem(pinned)
        .or(
            () ->
                pinned.getFields().stream()
                    .filter(EventColumns::hasOurName)
                    .map(
                        f ->
                            "field '%s' has a name or an alias that begins with %s, as the archive's own columns do; rename it"
                                .formatted(f.name(), PREFIX))
                    .findFirst())
        .or(() -> problemWithin(pinned, ""));
  }

  private static boolean hasOurName(org.apache.avro.Schema.Field field) {
    return Stream.concat(Stream.of(field.name()), field.aliases().stream())
        .anyMatch(name -> name.toLowerCase(Locale.ROOT).startsWith(PREFIX));
  }

  /** Query engines take no notice of case, and have no decimals of more digits. */
  private static Optional<String> problemWithin(org.apache.avro.Schema schema, String path) {
    return switch (schema.getType()) {
      case RECORD -> {
        Map<String, String> names = new HashMap<>();
        for (org.apache.avro.Schema.Field field : schema.getFields()) {
          String at = path.isEmpty() ? field.name() : path + "." + field.name();
          String other = names.put(field.name().toLowerCase(Locale.ROOT), field.name());
          if (other != null) {
            yield Optional.of(
                "fields '%s' and '%s' differ in case alone; rename one".formatted(other, at));
          }

          Optional<String> within = problemWithin(field.schema(), at);
          if (within.isPresent()) {
            yield within;
          }
        }
        yield Optional.empty();
      }
      case UNION -> problemOfUnion(schema, path);
      case ARRAY -> problemWithin(schema.getElementType(), path);
      case MAP -> problemWithin(schema.getValueType(), path);
      case BYTES, FIXED ->
          schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
                  && decimal.getPrecision() > MOST_DIGITS
              ? Optional.of(
                  String.format(
                      Locale.ROOT,
                      "field '%s' is a decimal of %d digits (expected at most %d)",
                      path,
                      decimal.getPrecision(),
                      MOST_DIGITS))
              : Optional.empty();
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, ENUM, NULL -> Optional.empty();
    };
  }

  private static Optional<String> problemOfUnion(org.apache.avro.Schema union, String path) {
    List<org.apache.avro.Schema> branches = branches(union);
    if (branches.size() > 1) {
      Set<String> names = new HashSet<>(Set.of(BRANCH));
      for (org.apache.avro.Schema branch : branches) {
        String name = branchName(branch);
        if (!names.add(name.toLowerCase(Locale.ROOT))) {
          return Optional.of(
              "field '%s' is a union whose type '%s' has the name of another of its columns; rename the type"
                  .formatted(path, name));
        }
      }
    }
    return branches.stream().flatMap(t -> problemWithin(t, path).stream()).findFirst();
  }

  private static List<NestedField> fields(org.apache.avro.Schema record, Ids ids) {
    List<NestedField> fields = new ArrayList<>();
    for (org.apache.avro.Schema.Field field : record.getFields()) {
      if (!isAlwaysNull(field.schema())) {
        fields.add(
            NestedField.builder()
                .withId(ids.next())
                .withName(field.name())
                .isOptional(field.schema().isNullable())
                .ofType(typeOf(field.schema(), ids))
                .withDoc(field.doc())
                .build());
      }
    }
    return fields;
  }

  static boolean isAlwaysNull(org.apache.avro.Schema schema) {
    return schema.getType() == org.apache.avro.Schema.Type.NULL;
  }

  /** What the values of a schema are that are not null. */
  public static List<org.apache.avro.Schema> branches(org.apache.avro.Schema schema) {
    return schema.isUnion()
        ? schema.getTypes().stream().filter(t -> !isAlwaysNull(t)).toList()
        : List.of(schema);
  }

  /** The name of a union's type: that of the type or of the named schema, without dots. */
  static String branchName(org.apache.avro.Schema branch) {
    return branch.getFullName().replace('.', '_');
  }

  /** Whether a column is of a union of several types. */
  static boolean isUnion(Type type) {
    NestedField branch = type.isStructType() ? type.asStructType().field(BRANCH) : null;
    return branch != null && BRANCH_DOC.equals(branch.doc());
  }

  /** The type of a new column. */
  static Type typeOf(org.apache.avro.Schema schema) {
    return typeOf(schema, new Ids());
  }

  private static Type typeOf(org.apache.avro.Schema schema, Ids ids) {
    if (schema.isUnion()) {
      List<org.apache.avro.Schema> branches = branches(schema);
      return branches.size() == 1 ? typeOf(branches.get(0), ids) : unionOf(branches, ids);
    }

    return switch (schema.getType()) {
      case RECORD -> Types.StructType.of(fields(schema, ids));
      case ARRAY -> {
        org.apache.avro.Schema item = schema.getElementType();
        int id = ids.next();
        yield item.isNullable()
            ? Types.ListType.ofOptional(id, typeOf(item, ids))
            : Types.ListType.ofRequired(id, typeOf(item, ids));
      }
      case MAP -> {
        org.apache.avro.Schema value = schema.getValueType();
        int key = ids.next();
        int id = ids.next();
        Type text = Types.StringType.get();
        yield value.isNullable()
            ? Types.MapType.ofOptional(key, id, text, typeOf(value, ids))
            : Types.MapType.ofRequired(key, id, text, typeOf(value, ids));
      }
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, FIXED, ENUM -> primitive(schema);
      case NULL, UNION -> throw new IllegalArgumentException(schema + " has no column");
    };
  }

  private static Type unionOf(List<org.apache.avro.Schema> branches, Ids ids) {
    List<NestedField> fields = new ArrayList<>();
    fields.add(NestedField.required(ids.next(), BRANCH, Types.StringType.get(), BRANCH_DOC));
    for (org.apache.avro.Schema branch : branches) {
      fields.add(NestedField.optional(ids.next(), branchName(branch), typeOf(branch, ids)));
    }
    return Types.StructType.of(fields);
  }

  static Type.PrimitiveType primitive(org.apache.avro.Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return Types.DecimalType.of(decimal.getPrecision(), decimal.getScale());
    }
    if (logical instanceof LogicalTypes.Date) {
      return Types.DateType.get();
    }
    if (logical instanceof LogicalTypes.TimestampMillis
        || logical instanceof LogicalTypes.TimestampMicros) {
      return Types.TimestampType.withZone();
    }
    if (logical instanceof LogicalTypes.LocalTimestampMillis
        || logical instanceof LogicalTypes.LocalTimestampMicros) {
      return Types.TimestampType.withoutZone();
    }

    return switch (schema.getType()) {
      case BOOLEAN -> Types.BooleanType.get();
      case INT -> Types.IntegerType.get();
      case LONG -> Types.LongType.get();
      case FLOAT -> Types.FloatType.get();
      case DOUBLE -> Types.DoubleType.get();
      case STRING, ENUM -> Types.StringType.get();
      case BYTES -> Types.BinaryType.get();
      case FIXED -> Types.FixedType.ofLength(schema.getFixedSize());
      case RECORD, ARRAY, MAP, UNION, NULL ->
          throw new IllegalArgumentException(schema + " is no single value");
    };
  }

  /**
   * The columns that a file of events of the pinned schema has: those of the table that the schema
   * has a field for, never null where the schema says so.
   *
   * @param table after {@link EventEvolution}
   */
  static Schema ofFile(Schema table, org.apache.avro.Schema pinned) {
    List<NestedField> columns = new ArrayList<>(ofFile(table.asStruct(), pinned));
    for (String name : List.of(PARTITION, OFFSET, APPEND_TIME, WRITER_SCHEMA, RAW)) {
      columns.add(table.findField(name));
    }
    return new Schema(columns);
  }

  private static List<NestedField> ofFile(Types.StructType table, org.apache.avro.Schema record) {
    List<NestedField> fields = new ArrayList<>();
    for (org.apache.avro.Schema.Field field : record.getFields()) {
      if (!isAlwaysNull(field.schema())) {
        NestedField column = table.field(field.name());
        fields.add(
            NestedField.builder()
                .withId(column.fieldId())
                .withName(column.name())
                .isOptional(field.schema().isNullable())
                .ofType(ofFile(column.type(), field.schema()))
                .build());
      }
    }
    return fields;
  }

  private static Type ofFile(Type table, org.apache.avro.Schema schema) {
    List<org.apache.avro.Schema> branches = branches(schema);
    if (branches.size() > 1) {
      return unionOfFile(table.asStructType(), branches);
    }

    org.apache.avro.Schema only = branches.get(0);
    return switch (only.getType()) {
      case RECORD -> Types.StructType.of(ofFile(table.asStructType(), only));
      case ARRAY -> {
        Types.ListType list = table.asListType();
        Type element = ofFile(list.elementType(), only.getElementType());
        yield only.getElementType().isNullable()
            ? Types.ListType.ofOptional(list.elementId(), element)
            : Types.ListType.ofRequired(list.elementId(), element);
      }
      case MAP -> {
        Types.MapType map = table.asMapType();
        Type value = ofFile(map.valueType(), only.getValueType());
        Type text = Types.StringType.get();
        yield only.getValueType().isNullable()
            ? Types.MapType.ofOptional(map.keyId(), map.valueId(), text, value)
            : Types.MapType.ofRequired(map.keyId(), map.valueId(), text, value);
      }
      // Its own: the table's may have become a wider one since.
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, FIXED, ENUM -> primitive(only);
      case NULL, UNION -> throw new IllegalArgumentException(schema + " has no column");
    };
  }

  private static Type unionOfFile(Types.StructType table, List<org.apache.avro.Schema> branches) {
    List<NestedField> fields = new ArrayList<>();
    fields.add(table.field(BRANCH));
    for (org.apache.avro.Schema branch : branches) {
      NestedField column = table.field(branchName(branch));
      fields.add(
          NestedField.optional(column.fieldId(), column.name(), ofFile(column.type(), branch)));
    }
    return Types.StructType.of(fields);
  }
}
