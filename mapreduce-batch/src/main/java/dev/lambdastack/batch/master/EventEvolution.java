package dev.lambdastack.batch.master;

import dev.lambdastack.views.InvalidInputException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.LogicalTypes;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.iceberg.Schema;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/**
 * Brings a table's columns to a pinned schema. A column keeps its id as long as its field lives,
 * also under another name by an alias. None goes: what a later schema does not have any more stays
 * as a column that may be null, since older files have its values.
 */
final class EventEvolution {
  private final String topic;
  private final UpdateSchema update;
  private boolean isChanged;

  private EventEvolution(String topic, UpdateSchema update) {
    this.topic = topic;
    this.update = update;
  }

  /**
   * Adds what is missing to an update that is not committed yet.
   *
   * @param topic for the message
   * @param table the columns that the update begins from
   * @return whether anything has to change
   * @throws InvalidInputException when a column cannot become what the schema says
   */
  static boolean to(
      String topic, UpdateSchema update, Schema table, org.apache.avro.Schema pinned) {
    EventColumns.of(topic, pinned);
    EventEvolution evolution = new EventEvolution(topic, update);
    evolution.record("", table.asStruct(), pinned);
    return evolution.isChanged;
  }

  private void record(String parent, Types.StructType table, org.apache.avro.Schema record) {
    for (org.apache.avro.Schema.Field field : record.getFields()) {
      if (EventColumns.isAlwaysNull(field.schema())) {
        continue;
      }

      Optional<NestedField> column = column(table, record, field);
      checkName(parent, table, field.name(), column);
      String path = parent + column.map(NestedField::name).orElse(field.name());
      if (column.isEmpty()) {
        add(parent, field);
        continue;
      }

      change(path, column.get().isOptional(), column.get().type(), field.schema());
      if (!column.get().name().equals(field.name())) {
        update.renameColumn(path, field.name());
        isChanged = true;
      }
    }

    for (NestedField column : table.fields()) {
      boolean isGone =
          !column.name().startsWith(EventColumns.PREFIX)
              && record.getFields().stream()
                  .noneMatch(
                      f ->
                          !EventColumns.isAlwaysNull(f.schema())
                              && column(table, record, f).filter(column::equals).isPresent());
      if (isGone && column.isRequired()) {
        allowNull(parent + column.name());
      }
    }
  }

  /**
   * The column that has a field's values: of its name, or else of an alias that no other field has
   * as its name.
   */
  private static Optional<NestedField> column(
      Types.StructType table, org.apache.avro.Schema record, org.apache.avro.Schema.Field field) {
    return Optional.ofNullable(table.field(field.name()))
        .or(
            () ->
                field.aliases().stream()
                    .filter(alias -> record.getField(alias) == null)
                    .map(table::field)
                    .filter(Objects::nonNull)
                    .findFirst());
  }

  /** Columns of earlier schemas are in the table still, and engines take no notice of case. */
  private void checkName(
      String parent, Types.StructType table, String name, Optional<NestedField> own) {
    for (NestedField column : table.fields()) {
      if (column.name().equalsIgnoreCase(name) && !own.equals(Optional.of(column))) {
        throw new InvalidInputException(
            "Cannot archive topic %s: '%s%s' differs in case alone from '%s%s', which its table has of an earlier schema; give it another name"
                .formatted(topic, parent, name, parent, column.name()));
      }
    }
  }

  private void add(String parent, org.apache.avro.Schema.Field field) {
    Type type = EventColumns.typeOf(field.schema());
    Optional<Literal<?>> value = valueOfOlder(field);
    String within = parent.isEmpty() ? null : parent.substring(0, parent.length() - 1);

    if (value.isPresent() && !field.schema().isNullable()) {
      update.addRequiredColumn(within, field.name(), type, field.doc(), value.get());
    } else if (value.isPresent()) {
      update.addColumn(within, field.name(), type, field.doc(), value.get());
    } else {
      // Avro's default has no form in a table, or is null.
      update.addColumn(within, field.name(), type, field.doc());
    }

    if (parent.isEmpty()) {
      update.moveBefore(field.name(), EventColumns.PARTITION);
    }
    isChanged = true;
  }

  private void allowNull(String path) {
    update.makeColumnOptional(path);
    isChanged = true;
  }

  private void change(String path, boolean isOptional, Type table, org.apache.avro.Schema schema) {
    if (schema.isNullable() && !isOptional) {
      allowNull(path);
    }

    List<org.apache.avro.Schema> branches = EventColumns.branches(schema);
    if (branches.size() > 1) {
      union(path, table, schema, branches);
      return;
    }

    org.apache.avro.Schema only = branches.get(0);
    switch (only.getType()) {
      case RECORD -> {
        check(table.isStructType() && !EventColumns.isUnion(table), path, table, schema);
        record(path + ".", table.asStructType(), only);
      }
      case ARRAY -> {
        check(table.isListType(), path, table, schema);
        Types.ListType list = table.asListType();
        change(
            path + ".element", list.isElementOptional(), list.elementType(), only.getElementType());
      }
      case MAP -> {
        check(table.isMapType(), path, table, schema);
        Types.MapType map = table.asMapType();
        change(path + ".value", map.isValueOptional(), map.valueType(), only.getValueType());
      }
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, FIXED, ENUM -> {
        Type.PrimitiveType wanted = EventColumns.primitive(only);
        if (!wanted.equals(table)) {
          check(TypeUtil.isPromotionAllowed(table, wanted), path, table, schema);
          update.updateColumn(path, wanted);
          isChanged = true;
        }
      }
      case NULL, UNION -> throw new IllegalArgumentException(schema + " has no column");
    }
  }

  private void union(
      String path,
      Type table,
      org.apache.avro.Schema schema,
      List<org.apache.avro.Schema> branches) {
    check(EventColumns.isUnion(table), path, table, schema);
    for (org.apache.avro.Schema branch : branches) {
      String name = EventColumns.branchName(branch);
      NestedField column = table.asStructType().field(name);
      if (column == null) {
        checkName(path + ".", table.asStructType(), name, Optional.empty());
        update.addColumn(path, name, EventColumns.typeOf(branch));
        isChanged = true;
      } else {
        change(path + "." + name, true, column.type(), branch);
      }
    }
  }

  private void check(boolean holds, String path, Type table, org.apache.avro.Schema schema) {
    if (!holds) {
      throw new InvalidInputException(
          "Cannot archive topic %s: field '%s' is %s now, which its table's column of type %s cannot become; keep the field as it was, and add the new one under another name"
              .formatted(topic, path, schema, table));
    }
  }

  /** What files that lack the field read as; empty for null, and where a table cannot say it. */
  private static Optional<Literal<?>> valueOfOlder(org.apache.avro.Schema.Field field) {
    if (!field.hasDefaultValue()) {
      return Optional.empty();
    }
    Object value = GenericData.get().getDefaultValue(field);
    org.apache.avro.Schema schema =
        field.schema().isUnion() ? field.schema().getTypes().get(0) : field.schema();
    if (value == null || EventColumns.branches(field.schema()).size() > 1) {
      return Optional.empty();
    }

    return switch (schema.getType()) {
      case BOOLEAN -> Optional.of(Literal.of((Boolean) value));
      case INT, LONG -> Optional.of(number(schema, ((Number) value).longValue()));
      case FLOAT -> Optional.of(Literal.of((Float) value));
      case DOUBLE -> Optional.of(Literal.of((Double) value));
      case STRING, ENUM -> Optional.of(Literal.of(value.toString()));
      case BYTES -> Optional.of(bytes(schema, ((ByteBuffer) value).array()));
      case FIXED -> Optional.of(bytes(schema, ((GenericFixed) value).bytes()));
      case RECORD, ARRAY, MAP, UNION, NULL -> Optional.empty();
    };
  }

  private static Literal<?> number(org.apache.avro.Schema schema, long value) {
    boolean isOfMillis =
        schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
            || schema.getLogicalType() instanceof LogicalTypes.LocalTimestampMillis;
    Type.PrimitiveType type = EventColumns.primitive(schema);
    return switch (type.typeId()) {
      case INTEGER -> Literal.of((int) value);
      case LONG -> Literal.of(value);
      default -> Literal.of(isOfMillis ? Math.multiplyExact(value, 1000L) : value).to(type);
    };
  }

  private static Literal<?> bytes(org.apache.avro.Schema schema, byte[] value) {
    return schema.getLogicalType() instanceof LogicalTypes.Decimal decimal
        ? Literal.of(new BigDecimal(new BigInteger(value), decimal.getScale()))
        : Literal.of(value);
  }
}
