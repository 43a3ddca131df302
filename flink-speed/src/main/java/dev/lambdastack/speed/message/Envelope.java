package dev.lambdastack.speed.message;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A record of the log as it was delivered, whatever it holds: every record moves log time.
 *
 * @param appendTimeMillis milliseconds since 1970, by the broker
 * @param tick whether it has no meaning but its append time
 * @param value null where the record has none; not copied
 */
public record Envelope(
    int partition, long offset, long appendTimeMillis, boolean tick, byte[] value) {
  public static final TypeInformation<Envelope> TYPE =
      new MessageType<>(Envelope.class, new Serializer());

  /** Partition, offset, append time, tick, whether there is a value, the value. */
  public static final class Serializer extends MessageSerializer<Envelope> {
    private static final long serialVersionUID = 1L;

    @Override
    public void serialize(Envelope envelope, DataOutputView out) throws IOException {
      out.writeInt(envelope.partition);
      out.writeLong(envelope.offset);
      out.writeLong(envelope.appendTimeMillis);
      out.writeBoolean(envelope.tick);
      out.writeBoolean(envelope.value != null);
      if (envelope.value != null) {
        writeBytes(envelope.value, out);
      }
    }

    @Override
    public Envelope deserialize(DataInputView in) throws IOException {
      return new Envelope(
          in.readInt(),
          in.readLong(),
          in.readLong(),
          in.readBoolean(),
          in.readBoolean() ? readBytes(in) : null);
    }

    @Override
    public TypeSerializerSnapshot<Envelope> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Envelope> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
