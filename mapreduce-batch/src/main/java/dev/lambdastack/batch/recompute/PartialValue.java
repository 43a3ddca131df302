package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import org.apache.hadoop.io.BytesWritable;

/**
 * The value between mappers and reducers: a byte that is 1 where one of the rows was in the version
 * that this one begins from, then the aggregate as tables store it. Merges values of one key; the
 * only one of a key stays as it is. Not thread-safe.
 */
final class PartialValue {
  private byte[] bytes;
  private Aggregate merged;
  private boolean old;

  static byte[] of(boolean old, byte[] aggregate) {
    byte[] value = new byte[1 + aggregate.length];
    value[0] = (byte) (old ? 1 : 0);
    System.arraycopy(aggregate, 0, value, 1, aggregate.length);
    return value;
  }

  static PartialValue merge(ViewShape shape, Iterable<BytesWritable> values) {
    PartialValue whole = new PartialValue();
    for (BytesWritable value : values) {
      whole.add(shape, value);
    }
    return whole;
  }

  private void add(ViewShape shape, BytesWritable value) {
    old |= value.getBytes()[0] == 1;
    if (bytes == null && merged == null) {
      bytes = value.copyBytes();
      return;
    }
    if (merged == null) {
      merged = shape.decode(bytes, 1, bytes.length - 1);
    }
    merged.merge(shape.decode(value.getBytes(), 1, value.getLength() - 1));
  }

  /** Whether one of the rows was in the version before. */
  boolean isOld() {
    return old;
  }

  byte[] toBytes() {
    return merged == null ? bytes : of(old, merged.toBytes());
  }
}
