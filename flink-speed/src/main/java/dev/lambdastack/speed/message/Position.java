package dev.lambdastack.speed.message;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * How far a partition has been read.
 *
 * @param next the offset behind the last record that was read, or where reading began
 * @param logTimeMillis log time of the last record that was read: no later record has an earlier
 *     one; milliseconds since 1970
 */
public record Position(int partition, long next, long logTimeMillis) {
  public static final TypeInformation<Position> TYPE =
      new MessageType<>(Position.class, new Serializer());

  /** Partition, next offset, log time; 20 bytes. */
  public static final class Serializer extends MessageSerializer<Position> {
    private static final long serialVersionUID = 1L;

    @Override
    public int getLength() {
      return Integer.BYTES + 2 * Long.BYTES;
    }

    @Override
    public void serialize(Position position, DataOutputView out) throws IOException {
      out.writeInt(position.partition);
      out.writeLong(position.next);
      out.writeLong(position.logTimeMillis);
    }

    @Override
    public Position deserialize(DataInputView in) throws IOException {
      return new Position(in.readInt(), in.readLong(), in.readLong());
    }

    @Override
    public TypeSerializerSnapshot<Position> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Position> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
