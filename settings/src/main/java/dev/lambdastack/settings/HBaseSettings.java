package dev.lambdastack.settings;

import java.time.Duration;

/**
 * The settings of the HBase clients of all layers.
 *
 * @param timeout how long a command waits for the first contact before it says that HBase cannot be
 *     reached; at least 1 ms
 * @param operationTimeout how long the batch layer waits for one operation (a read, a write, a new
 *     table) once it has reached HBase; at least 1 s
 * @param regions into how many regions a new table is split, at most; 1 to 256
 */
public record HBaseSettings(Duration timeout, Duration operationTimeout, int regions) {
  static HBaseSettings of(Values values) {
    return new HBaseSettings(
        values.duration("lambda.hbase.timeout", Duration.ofMillis(1)),
        values.duration("lambda.hbase.operation-timeout", Duration.ofSeconds(1)),
        values.number("lambda.regions", 1, 256));
  }
}
