package dev.lambdastack.speed.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshotSerializationUtil;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class MessageSerializersTest {
  @Provide
  Arbitrary<byte[]> bytes() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
  }

  @Property
  void envelopesRoundTrip(
      @ForAll int partition,
      @ForAll long offset,
      @ForAll long time,
      @ForAll boolean tick,
      @ForAll("bytes") byte[] value)
      throws Exception {
    Envelope envelope = new Envelope(partition, offset, time, tick, value);
    assertThat(roundTrip(envelope, Envelope.TYPE.createSerializer(null)))
        .usingRecursiveComparison()
        .isEqualTo(envelope);
    Envelope empty = new Envelope(partition, offset, time, tick, null);
    assertThat(roundTrip(empty, Envelope.TYPE.createSerializer(null)))
        .usingRecursiveComparison()
        .isEqualTo(empty);
  }

  @Property
  void recordsOfRulesAndAlertsRoundTrip(
      @ForAll String text,
      @ForAll int partition,
      @ForAll long offset,
      @ForAll long time,
      @ForAll("bytes") byte[] value)
      throws Exception {
    KeyedRecord record = new KeyedRecord(text, partition, offset, time, value);
    assertThat(roundTrip(record, KeyedRecord.TYPE.createSerializer(null)))
        .usingRecursiveComparison()
        .isEqualTo(record);
    RaisedAlert alert = new RaisedAlert(text, text + "k", "m" + text, partition, offset, time, -1);
    assertThat(roundTrip(alert, RaisedAlert.TYPE.createSerializer(null))).isEqualTo(alert);
  }

  @Property
  void contributionsAndTotalsRoundTrip(
      @ForAll int slot,
      @ForAll("bytes") byte[] row,
      @ForAll long epoch,
      @ForAll long number,
      @ForAll("bytes") byte[] value)
      throws Exception {
    RowId id = new RowId(slot, row);
    Contribution contribution = new Contribution(id, epoch, slot, number, value);
    assertThat(roundTrip(contribution, Contribution.TYPE.createSerializer(null)))
        .usingRecursiveComparison()
        .isEqualTo(contribution);
    Total total = new Total(id, epoch, number, value);
    assertThat(roundTrip(total, Total.TYPE.createSerializer(null)))
        .usingRecursiveComparison()
        .isEqualTo(total);
    RowId again = roundTrip(id, RowId.TYPE.createSerializer(null));
    assertThat(again).isEqualTo(id).hasSameHashCodeAs(id);
  }

  /** These bytes are in checkpoints: a change must come with a new serializer class. */
  @Test
  void theBytesInCheckpointsStayAsTheyAre() throws Exception {
    assertThat(hex(new Position(1, 2, 3), Position.TYPE.createSerializer(null)))
        .isEqualTo("00000001" + "0000000000000002" + "0000000000000003");
    assertThat(hex(new RowId(1, new byte[] {(byte) 0xAB}), RowId.TYPE.createSerializer(null)))
        .isEqualTo("00000001" + "00000001" + "ab");
  }

  /** Keys are spread over tasks by it, and state is kept by it. */
  @Test
  void theHashOfARowStaysAsItIs() {
    assertThat(new RowId(3, new byte[] {1, 2, 3}).hashCode()).isEqualTo(30_817 * 31 + 3);
  }

  @Test
  void snapshotsAreReadBackAndCompatible() throws Exception {
    for (TypeSerializer<?> serializer :
        new TypeSerializer<?>[] {
          Position.TYPE.createSerializer(null), RowId.TYPE.createSerializer(null)
        }) {
      checkSnapshot(serializer);
    }
  }

  private static <T> void checkSnapshot(TypeSerializer<T> serializer) throws Exception {
    DataOutputSerializer out = new DataOutputSerializer(64);
    TypeSerializerSnapshotSerializationUtil.writeSerializerSnapshot(
        out, serializer.snapshotConfiguration());
    TypeSerializerSnapshot<T> read =
        TypeSerializerSnapshotSerializationUtil.readSerializerSnapshot(
            new DataInputDeserializer(out.getCopyOfBuffer()),
            MessageSerializersTest.class.getClassLoader());
    assertThat(read.restoreSerializer()).isEqualTo(serializer);
    assertThat(
            serializer.snapshotConfiguration().resolveSchemaCompatibility(read).isCompatibleAsIs())
        .isTrue();
  }

  private static <T> T roundTrip(T value, TypeSerializer<T> serializer) throws Exception {
    DataInputDeserializer in = new DataInputDeserializer(write(value, serializer));
    T read = serializer.deserialize(in);
    assertThat(in.available()).isZero();
    return read;
  }

  private static <T> String hex(T value, TypeSerializer<T> serializer) throws Exception {
    return HexFormat.of().formatHex(write(value, serializer));
  }

  private static <T> byte[] write(T value, TypeSerializer<T> serializer) throws Exception {
    DataOutputSerializer out = new DataOutputSerializer(64);
    serializer.serialize(value, out);
    return out.getCopyOfBuffer();
  }

  /** Checkpoints name the serializers of state so: a class that moves loses it. */
  @Test
  void theNamesThatCheckpointsHaveStay() {
    assertThat(snapshotName(Position.TYPE))
        .isEqualTo("dev.lambdastack.speed.message.Position$Snapshot");
    assertThat(snapshotName(RowId.TYPE)).isEqualTo("dev.lambdastack.speed.message.RowId$Snapshot");
  }

  private static String snapshotName(TypeInformation<?> type) {
    return type.createSerializer(null).snapshotConfiguration().getClass().getName();
  }
}
