package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.aggregate.ColumnVector;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.avro.AvroMissingFieldException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;

/**
 * A column that a file does not have: every row has the default that its schema declares, which is
 * what Avro gives to a reader of such events.
 *
 * @param number 0 where the column has no number
 * @param text null where the column has no text
 */
record DefaultValues(boolean isNull, long number, double real, byte[] text)
    implements ColumnSource {

  /**
   * The default of a field.
   *
   * @throws AvroMissingFieldException when it has none
   */
  static DefaultValues of(Schema.Field field, Column column) {
    Object value = GenericData.get().getDefaultValue(field);
    if (value == null) {
      return new DefaultValues(true, 0, 0, null);
    }

    return switch (column.type()) {
      case LONG -> number(((Number) value).longValue());
      case TIMESTAMP -> number(millis(field, ((Number) value).longValue()));
      case BOOLEAN -> number((Boolean) value ? 1 : 0);
      case DOUBLE -> new DefaultValues(false, 0, ((Number) value).doubleValue(), null);
      case STRING ->
          new DefaultValues(false, 0, 0, value.toString().getBytes(StandardCharsets.UTF_8));
      case DECIMAL ->
          number(
              new BigInteger(
                      value instanceof GenericFixed fixed
                          ? fixed.bytes()
                          : ((ByteBuffer) value).array())
                  .longValueExact());
    };
  }

  private static long millis(Schema.Field field, long time) {
    Schema schema = field.schema();
    if (schema.isUnion()) {
      schema =
          schema.getTypes().stream()
              .filter(s -> s.getType() != Schema.Type.NULL)
              .findFirst()
              .orElseThrow();
    }
    return schema.getLogicalType() instanceof LogicalTypes.TimestampMicros
        ? Math.floorDiv(time, 1000L)
        : time;
  }

  private static DefaultValues number(long value) {
    return new DefaultValues(false, value, 0, null);
  }

  @Override
  public void longs(long[] into, boolean[] nulls, int rows) {
    Arrays.fill(nulls, 0, rows, isNull);
    Arrays.fill(into, 0, rows, number);
  }

  @Override
  public void doubles(double[] into, boolean[] nulls, int rows) {
    Arrays.fill(nulls, 0, rows, isNull);
    Arrays.fill(into, 0, rows, real);
  }

  @Override
  public void texts(ColumnVector into, int rows) {
    into.useOwnTexts();
    Arrays.fill(into.nulls(), 0, rows, isNull);
    for (int row = 0; row < rows; row++) {
      into.setText(row, text);
    }
  }
}
