package dev.lambdastack.speed.message;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A record of the log with its Kafka key.
 *
 * @param key as text; empty where the record has none
 * @param appendTimeMillis milliseconds since 1970, by the broker
 * @param value empty where the record has none, which is no event either; not copied
 */
public record KeyedRecord(
    String key, int partition, long offset, long appendTimeMillis, byte[] value) {
  public static final TypeInformation<KeyedRecord> TYPE =
      new MessageType<>(KeyedRecord.class, new Serializer());

  /** Key, partition, offset, append time, value. */
  public static final class Serializer extends MessageSerializer<KeyedRecord> {
    private static final long serialVersionUID = 1L;

    @Override
    public void serialize(KeyedRecord record, DataOutputView out) throws IOException {
      StringSerializer.INSTANCE.serialize(record.key, out);
      out.writeInt(record.partition);
      out.writeLong(record.offset);
      out.writeLong(record.appendTimeMillis);
      writeBytes(record.value, out);
    }

    @Override
    public KeyedRecord deserialize(DataInputView in) throws IOException {
      return new KeyedRecord(
          StringSerializer.INSTANCE.deserialize(in),
          in.readInt(),
          in.readLong(),
          in.readLong(),
          readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<KeyedRecord> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<KeyedRecord> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
