package dev.lambdastack.serving.testing;

import dev.lambdastack.views.Row;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * An event of the tests, and where it stands in the log.
 *
 * @param amount of scale 2; null for none
 * @param epoch of log time
 */
public record Sale(
    String shop,
    long clerk,
    boolean refund,
    BigDecimal amount,
    Instant time,
    int partition,
    long offset,
    long epoch) {

  /** The columns, in the order in which {@link #row} has them. */
  public static final List<String> COLUMNS = List.of("shop", "clerk", "refund", "amount");

  /** The event as a view reads it. */
  Row row() {
    return new Row() {
      @Override
      public boolean isNull(int column) {
        return column == 3 && amount == null;
      }

      @Override
      public long longAt(int column) {
        return switch (column) {
          case 1 -> clerk;
          case 2 -> refund ? 1 : 0;
          case 3 -> amount.unscaledValue().longValueExact();
          default -> throw new AssertionError(column);
        };
      }

      @Override
      public double doubleAt(int column) {
        throw new AssertionError(column);
      }

      @Override
      public byte[] utf8At(int column) {
        if (column != 0) {
          throw new AssertionError(column);
        }
        return shop.getBytes(StandardCharsets.UTF_8);
      }

      @Override
      public long eventTime() {
        return time.toEpochMilli();
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
