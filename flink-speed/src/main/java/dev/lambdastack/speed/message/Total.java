package dev.lambdastack.speed.message;

import dev.lambdastack.views.aggregate.Aggregate;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * All that is known of one row and epoch: a speed cell.
 *
 * @param events how many events the total holds; of two totals of a cell the greater wins
 * @param value {@link Aggregate#toBytes()}; not copied, must not change
 */
public record Total(RowId id, long epoch, long events, byte[] value) {
  public static final TypeInformation<Total> TYPE =
      new MessageType<>(Total.class, new Serializer());

  /** Row, epoch, events, value. */
  public static final class Serializer extends MessageSerializer<Total> {
    private static final long serialVersionUID = 1L;

    private final RowId.Serializer ids = new RowId.Serializer();

    @Override
    public void serialize(Total total, DataOutputView out) throws IOException {
      ids.serialize(total.id, out);
      out.writeLong(total.epoch);
      out.writeLong(total.events);
      writeBytes(total.value, out);
    }

    @Override
    public Total deserialize(DataInputView in) throws IOException {
      return new Total(ids.deserialize(in), in.readLong(), in.readLong(), readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<Total> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Total> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
