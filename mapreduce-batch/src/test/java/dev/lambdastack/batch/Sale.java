package dev.lambdastack.batch;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageEncoder;

/**
 * The event of the tests: a column of each type, some of them nullable. As the source says it, with
 * nothing of the stack's own reading in between.
 *
 * @param amount two digits after the point
 * @param note only version 2 of the schema has it
 */
public record Sale(
    long id,
    String user,
    String kind,
    int quantity,
    BigDecimal amount,
    Double weight,
    Boolean paid,
    String coupon,
    BigDecimal tip,
    String note,
    long eventTime) {
  private static final String V1_FIELDS =
      """
      {"name":"id","type":"long"},
      {"name":"user","type":"string"},
      {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["buy","give_back","swap"]}},
      {"name":"quantity","type":"int"},
      {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
      {"name":"weight","type":["null","double"],"default":null},
      {"name":"paid","type":["null","boolean"],"default":null},
      {"name":"coupon","type":["null","string"],"default":null},
      {"name":"tip","type":["null",{"type":"fixed","name":"Tip","size":8,"logicalType":"decimal","precision":12,"scale":2}],"default":null},
      {"name":"tags","type":{"type":"array","items":["null","string"]},"default":[]},
      """;

  private static final String EVENT_TIME =
      """
      {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}}
      """;

  public static final Schema V1 = schema(V1_FIELDS + EVENT_TIME);
  public static final Schema V2 =
      schema(
          V1_FIELDS + "{\"name\":\"note\",\"type\":\"string\",\"default\":\"none\"}," + EVENT_TIME);

  /** What events of version 1 say of the note to a reader of version 2. */
  public static final String DEFAULT_NOTE = "none";

  public static final SchemaStore SCHEMAS =
      SchemaStore.of(
          List.of(new SchemaVersion(V1, 1, "sale.v1"), new SchemaVersion(V2, 2, "sale.v2")));

  private static Schema schema(String fields) {
    return SchemaParser.parseSingle(
        "{\"type\":\"record\",\"name\":\"Sale\",\"namespace\":\"test\",\"fields\":["
            + fields
            + "]}");
  }

  public static EventType type(String topic, Schema pinned) {
    return EventType.of(topic, pinned, "event_time", "user");
  }

  /** A sale of random content at this time. */
  public static Sale random(Random random, long eventTime) {
    List<String> kinds = List.of("buy", "give_back", "swap");
    return new Sale(
        random.nextLong(),
        "user-" + random.nextInt(40) + (random.nextInt(20) == 0 ? "\0ä€" : ""),
        kinds.get(random.nextInt(3)),
        random.nextInt(2_000) - 1_000,
        BigDecimal.valueOf(random.nextInt(2_000_000) - 1_000_000, 2),
        random.nextInt(4) == 0 ? null : random.nextGaussian(),
        random.nextInt(4) == 0 ? null : (Boolean) random.nextBoolean(),
        random.nextInt(2) == 0 ? null : "coupon-" + random.nextInt(1_000_000),
        random.nextInt(3) == 0 ? null : BigDecimal.valueOf(random.nextInt(1_000) - 500, 2),
        "note-" + random.nextInt(5),
        eventTime);
  }

  /** The value of the record that a producer with this schema sends. */
  public byte[] encode(Schema writer) {
    GenericRecord record = new GenericData.Record(writer);
    record.put("id", id);
    record.put("user", user);
    record.put("kind", new GenericData.EnumSymbol(writer.getField("kind").schema(), kind));
    record.put("quantity", quantity);
    record.put("amount", ByteBuffer.wrap(amount.unscaledValue().toByteArray()));
    record.put("weight", weight);
    record.put("paid", paid);
    record.put("coupon", coupon);
    if (tip != null) {
      Schema fixed = writer.getField("tip").schema().getTypes().get(1);
      record.put("tip", new GenericData.Fixed(fixed, eightBytes(tip.unscaledValue())));
    }
    record.put("tags", Arrays.asList("a", null));
    record.put("event_time", eventTime);
    if (writer.getField("note") != null) {
      record.put("note", note);
    }
    try {
      ByteBuffer encoded =
          new BinaryMessageEncoder<GenericRecord>(GenericData.get(), writer).encode(record);
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] eightBytes(BigInteger value) {
    return ByteBuffer.allocate(8).putLong(value.longValueExact()).array();
  }

  public Sale withNote(String other) {
    return new Sale(id, user, kind, quantity, amount, weight, paid, coupon, tip, other, eventTime);
  }
}
