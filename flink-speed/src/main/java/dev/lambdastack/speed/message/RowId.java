package dev.lambdastack.speed.message;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A row of a speed table: the key of the stream. Its hash is the same in each JVM.
 *
 * @param slot the job's number for the view's generation
 * @param row the HBase row key; not copied, must not change
 */
public record RowId(int slot, byte[] row) {
  public static final TypeInformation<RowId> TYPE =
      new MessageType<>(RowId.class, new Serializer());

  @Override
  public boolean equals(Object other) {
    return other instanceof RowId that && slot == that.slot && Arrays.equals(row, that.row);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(row) * 31 + slot;
  }

  /** Slot, row. */
  public static final class Serializer extends MessageSerializer<RowId> {
    private static final long serialVersionUID = 1L;

    @Override
    public void serialize(RowId id, DataOutputView out) throws IOException {
      out.writeInt(id.slot);
      writeBytes(id.row, out);
    }

    @Override
    public RowId deserialize(DataInputView in) throws IOException {
      return new RowId(in.readInt(), readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<RowId> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<RowId> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
