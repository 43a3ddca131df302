package dev.lambdastack.speed.message;

import dev.lambdastack.views.aggregate.Aggregate;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What some records of one epoch add to a row.
 *
 * @param partition of the first of these records
 * @param offset of the first of these records
 * @param aggregate {@link Aggregate#toBytes()}; not copied, must not change
 */
public record Contribution(RowId id, long epoch, int partition, long offset, byte[] aggregate) {
  public static final TypeInformation<Contribution> TYPE =
      new MessageType<>(Contribution.class, new Serializer());

  /** Row, epoch, coordinates, aggregate. */
  public static final class Serializer extends MessageSerializer<Contribution> {
    private static final long serialVersionUID = 1L;

    private final RowId.Serializer ids = new RowId.Serializer();

    @Override
    public void serialize(Contribution contribution, DataOutputView out) throws IOException {
      ids.serialize(contribution.id, out);
      out.writeLong(contribution.epoch);
      out.writeInt(contribution.partition);
      out.writeLong(contribution.offset);
      writeBytes(contribution.aggregate, out);
    }

    @Override
    public Contribution deserialize(DataInputView in) throws IOException {
      return new Contribution(
          ids.deserialize(in), in.readLong(), in.readInt(), in.readLong(), readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<Contribution> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Contribution> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
