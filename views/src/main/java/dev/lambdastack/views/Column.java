package dev.lambdastack.views;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import java.util.Optional;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * A column that a view can read.
 *
 * @param scale digits after the decimal point of a {@link ColumnType#DECIMAL}, 0 to {@value
 *     #MAX_PRECISION}; 0 for every other type
 * @param nullable whether an event may leave it out (an Avro union of null and one type)
 */
public record Column(String name, ColumnType type, int scale, boolean nullable) {
  /** The greatest precision of a decimal column: its unscaled value always fits a long. */
  public static final int MAX_PRECISION = 18;

  public Column {
    requireNonNull(name);
    requireNonNull(type);
    boolean fits = type == ColumnType.DECIMAL ? scale >= 0 && scale <= MAX_PRECISION : scale == 0;
    if (!fits) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot give column '%s' (%s) scale %d: expected %s",
              name,
              type,
              scale,
              type == ColumnType.DECIMAL ? "0 to " + MAX_PRECISION : "0, only decimals have one"));
    }
  }

  /**
   * The column for an Avro field, or empty where views cannot read the field's type (records,
   * arrays, maps, wide decimals).
   */
  static Optional<Column> of(Schema.Field field) {
    Schema schema = field.schema();
    boolean nullable = false;
    if (schema.getType() == Schema.Type.UNION) {
      if (schema.getTypes().size() != 2 || !schema.isNullable()) {
        return Optional.empty();
      }
      nullable = true;
      Schema first = schema.getTypes().get(0);
      schema = first.getType() == Schema.Type.NULL ? schema.getTypes().get(1) : first;
    }

    ColumnType type = typeOf(schema);
    if (type == null) {
      return Optional.empty();
    }

    int scale =
        type == ColumnType.DECIMAL
            ? ((LogicalTypes.Decimal) schema.getLogicalType()).getScale()
            : 0;
    return Optional.of(new Column(field.name(), type, scale, nullable));
  }

  private static ColumnType typeOf(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case STRING, ENUM -> ColumnType.STRING;
      case INT -> ColumnType.LONG;
      case LONG ->
          logical instanceof LogicalTypes.TimestampMillis
                  || logical instanceof LogicalTypes.TimestampMicros
              ? ColumnType.TIMESTAMP
              : ColumnType.LONG;
      case BYTES, FIXED ->
          logical instanceof LogicalTypes.Decimal decimal && decimal.getPrecision() <= MAX_PRECISION
              ? ColumnType.DECIMAL
              : null;
      case FLOAT, DOUBLE -> ColumnType.DOUBLE;
      case BOOLEAN -> ColumnType.BOOLEAN;
      case RECORD, ARRAY, MAP, UNION, NULL -> null;
    };
  }
}
