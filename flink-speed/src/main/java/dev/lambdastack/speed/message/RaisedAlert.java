package dev.lambdastack.speed.message;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What a rule found.
 *
 * @param key of the events that the rule looked at
 * @param partition of the record that raised it
 * @param offset of the record that raised it
 * @param appendTimeMillis of that record
 * @param eventTimeMillis of that record's event
 */
public record RaisedAlert(
    String rule,
    String key,
    String message,
    int partition,
    long offset,
    long appendTimeMillis,
    long eventTimeMillis) {
  public static final TypeInformation<RaisedAlert> TYPE =
      new MessageType<>(RaisedAlert.class, new Serializer());

  /** Rule, key, message, partition, offset, append time, event time. */
  public static final class Serializer extends MessageSerializer<RaisedAlert> {
    private static final long serialVersionUID = 1L;

    @Override
    public void serialize(RaisedAlert alert, DataOutputView out) throws IOException {
      StringSerializer.INSTANCE.serialize(alert.rule, out);
      StringSerializer.INSTANCE.serialize(alert.key, out);
      StringSerializer.INSTANCE.serialize(alert.message, out);
      out.writeInt(alert.partition);
      out.writeLong(alert.offset);
      out.writeLong(alert.appendTimeMillis);
      out.writeLong(alert.eventTimeMillis);
    }

    @Override
    public RaisedAlert deserialize(DataInputView in) throws IOException {
      return new RaisedAlert(
          StringSerializer.INSTANCE.deserialize(in),
          StringSerializer.INSTANCE.deserialize(in),
          StringSerializer.INSTANCE.deserialize(in),
          in.readInt(),
          in.readLong(),
          in.readLong(),
          in.readLong());
    }

    @Override
    public TypeSerializerSnapshot<RaisedAlert> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Names {@link Serializer} in checkpoints. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<RaisedAlert> {
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
