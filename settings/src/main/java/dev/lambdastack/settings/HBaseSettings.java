package dev.lambdastack.settings;

import java.time.Duration;

/**
 * How the stack uses HBase.
 *
 * @param timeout how long a command waits for HBase before it says that it cannot be reached
 * @param operationTimeout how long a command that works on HBase waits for one operation
 * @param regions how many a new table has
 */
public record HBaseSettings(Duration timeout, Duration operationTimeout, int regions) {
  static HBaseSettings of(Values values) {
    return new HBaseSettings(
        values.duration("lambda.hbase.timeout", Duration.ofMillis(1)),
        values.duration("lambda.hbase.operation-timeout", Duration.ofSeconds(1)),
        values.number("lambda.regions", 1, 256));
  }
}
