package dev.lambdastack.log;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * A record without meaning, appended so that a quiet partition has a record past a boundary. Both
 * layers pass over it; its append time counts like any other.
 */
public final class Tick {
  /** The name of the header that makes a record a tick, whatever its value. */
  public static final String HEADER = "lambda-tick";

  private Tick() {}

  /** Whether a record with these headers is a tick. */
  public static boolean isTick(Headers headers) {
    return headers.lastHeader(HEADER) != null;
  }

  /** A tick: no key, an empty value, and the header. */
  static ProducerRecord<byte[], byte[]> record(String topic, int partition) {
    ProducerRecord<byte[], byte[]> tick =
        new ProducerRecord<>(topic, partition, null, null, new byte[0]);
    tick.headers().add(HEADER, new byte[0]);
    return tick;
  }
}
