package dev.lambdastack.views;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An event in plain Java values: String, Long, BigDecimal, Double, Boolean, Instant; a column that
 * is missing is null.
 */
public record TestEvent(Map<String, Object> values, long eventTime, int partition, long offset) {

  public static TestEvent at(long eventTime, int partition, long offset) {
    return new TestEvent(Map.of(), eventTime, partition, offset);
  }

  /** This event with one more value; null takes it away. */
  public TestEvent with(String column, Object value) {
    Map<String, Object> more = new HashMap<>(values);
    if (value == null) {
      more.remove(column);
    } else {
      more.put(column, value);
    }
    return new TestEvent(more, eventTime, partition, offset);
  }

  public Object value(String column) {
    return values.get(column);
  }

  /** The event as a row whose columns come in this order. */
  public Row row(List<String> columns) {
    return new Row() {
      private Object at(int column) {
        Object value = values.get(columns.get(column));
        if (value == null) {
          throw new AssertionError("read null column " + columns.get(column));
        }
        return value;
      }

      @Override
      public boolean isNull(int column) {
        return values.get(columns.get(column)) == null;
      }

      @Override
      public long longAt(int column) {
        Object value = at(column);
        if (value instanceof BigDecimal decimal) {
          return decimal.unscaledValue().longValueExact();
        }
        if (value instanceof Instant instant) {
          return instant.toEpochMilli();
        }
        return value instanceof Boolean flag ? flag ? 1 : 0 : (Long) value;
      }

      @Override
      public double doubleAt(int column) {
        return (Double) at(column);
      }

      @Override
      public byte[] utf8At(int column) {
        return ((String) at(column)).getBytes(StandardCharsets.UTF_8);
      }

      @Override
      public long eventTime() {
        return eventTime;
      }

      @Override
      public int partition() {
        return partition;
      }

      @Override
      public long offset() {
        return offset;
      }
    };
  }
}
