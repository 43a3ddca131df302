package dev.lambdastack.schemas;

import dev.lambdastack.views.Row;
import org.apache.avro.generic.GenericRecord;

/**
 * An event. The decoder uses one instance again and again: it is good until the decoder's next
 * call, and {@link #record} is the one part that may be kept.
 */
public final class DecodedEvent implements Decoded {
  private final EventRow row;
  private WriterPlan plan;
  private byte[] value;

  DecodedEvent(EventRow row) {
    this.row = row;
  }

  DecodedEvent set(WriterPlan newPlan, byte[] newValue) {
    plan = newPlan;
    value = newValue;
    return this;
  }

  /** The columns that the decoder was asked for, in that order. */
  public Row row() {
    return row;
  }

  /**
   * The whole event in the pinned reader schema, defaults filled in, decimals as they were written
   * (ByteBuffer or GenericFixed), text as Avro's Utf8. Decoded anew by each call and the caller's
   * to keep.
   */
  public GenericRecord record() {
    return plan.record(value);
  }

  /** Milliseconds since 1970, UTC. */
  public long eventTime() {
    return row.eventTime();
  }

  /** CRC-64-AVRO of the schema that the event was written with. */
  public long writerFingerprint() {
    return plan.fingerprint();
  }

  /** The schema that the event was written with. */
  public SchemaVersion writer() {
    return plan.writer();
  }

  /**
   * Whether writer and pinned reader schema differ, so that {@link #record} may lack some of what
   * was sent or hold defaults.
   */
  public boolean isConverted() {
    return plan.isConverted();
  }
}
