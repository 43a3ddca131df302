package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.lambdastack.events.retail.Action;
import dev.lambdastack.events.retail.Order;
import dev.lambdastack.events.sensors.SensorReading;
import dev.lambdastack.schemas.Rejection.Reason;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.RowKey;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventDecoderTest {
  private static final Instant NOON = Instant.parse("1998-03-01T12:00:00Z");
  private static final long NOON_MILLIS = NOON.toEpochMilli();
  private static final Instant MIN = Instant.parse("1990-01-01T00:00:00Z");
  private static final SchemaStore STORE =
      SchemaStore.load(EventDecoderTest.class.getClassLoader());
  private static final EventType ORDERS =
      EventType.of(
          "orders",
          STORE.find("dev.lambdastack.events.retail.Order", 1),
          "event_time",
          "customer_id");
  private static final List<String> COLUMNS =
      List.of("amount", "action", "product_category", "customer_id");

  private final EventDecoder decoder = new EventDecoder(STORE, ORDERS, COLUMNS, MIN);
  private final EventEncoder encoder = new EventEncoder(ORDERS);

  private static Order order(String amount, Instant time) {
    return Order.newBuilder()
        .setOrderId(1)
        .setCustomerId(42)
        .setProductId(7)
        .setProductCategory("Käse")
        .setStoreId(3)
        .setAction(Action.return$)
        .setQuantity(2)
        .setAmount(new BigDecimal(amount))
        .setEventTime(time)
        .build();
  }

  private Decoded decode(byte[] value) {
    return decoder.decode(value, 5, 99, NOON.toEpochMilli());
  }

  private void assertRejected(byte[] value, Reason reason, String detail) {
    assertThat(decode(value))
        .asInstanceOf(type(Rejection.class))
        .satisfies(
            r -> {
              assertThat(r.reason()).isEqualTo(reason);
              assertThat(r.detail()).contains(detail).doesNotContain("\n");
            });
  }

  @Test
  void anOrderHasTheColumnsThatWereAskedForInTheirOrder() {
    DecodedEvent event = (DecodedEvent) decode(encoder.value(order("-12.30", NOON)));
    Row row = event.row();
    assertThat(row.longAt(0)).isEqualTo(-1230);
    assertThat(row.decimalAt(0, 2)).isEqualTo("-12.30");
    assertThat(row.stringAt(1)).isEqualTo("return");
    assertThat(row.stringAt(2)).isEqualTo("Käse");
    assertThat(row.longAt(3)).isEqualTo(42);
    assertThat(row.isNull(3)).isFalse();
    assertThat(row.eventTime()).isEqualTo(NOON.toEpochMilli());
    assertThat(row.partition()).isEqualTo(5);
    assertThat(row.offset()).isEqualTo(99);
    assertThat(event.isConverted()).isFalse();
    assertThat(event.writer().version()).isEqualTo(1);
    assertThat(event.writerFingerprint()).isEqualTo(event.writer().fingerprint());
    GenericRecord record = event.record();
    assertThat(record.getSchema()).isEqualTo(ORDERS.schema());
    assertThat(record.get("order_id")).isEqualTo(1L);
    assertThat(record.get("amount")).isEqualTo(ByteBuffer.wrap(new byte[] {-5, 50}));
    assertThat(event.record()).isNotSameAs(record).isEqualTo(record);
  }

  @Test
  void aRecordWithoutValueIsRejected() {
    assertRejected(null, Reason.NULL_VALUE, "no value");
  }

  @Test
  void bytesInAnotherEncodingAreRejected() {
    assertRejected(new byte[0], Reason.NOT_SINGLE_OBJECT, "0 bytes");
    assertRejected(
        "{\"order_id\":1}".getBytes(StandardCharsets.UTF_8), Reason.NOT_SINGLE_OBJECT, "7B 22");
    assertRejected(
        new byte[] {0, 0, 0, 1, 2, 30},
        Reason.NOT_SINGLE_OBJECT,
        "the wire format of a schema registry (00 and schema id 258): send Avro's single-object");
    byte[] value = encoder.value(order("1.00", NOON));
    assertRejected(Arrays.copyOf(value, 9), Reason.NOT_SINGLE_OBJECT, "9 bytes");
    value[1] = 2;
    assertRejected(value, Reason.NOT_SINGLE_OBJECT, "C3 02");
  }

  @Test
  void anUnknownSchemaIsRejectedByItsFingerprint() {
    byte[] value = encoder.value(order("1.00", NOON));
    Arrays.fill(value, 2, 10, (byte) 0);
    value[2] = (byte) 0xAB;
    assertRejected(value, Reason.UNKNOWN_SCHEMA, "00000000000000ab");
  }

  @Test
  void anEventOfAnotherTypeIsRejectedByName() {
    EventType readings =
        EventType.of(
            "sensor-readings",
            STORE.find("dev.lambdastack.events.sensors.SensorReading", 1),
            "event_time",
            "device");
    SensorReading reading =
        SensorReading.newBuilder()
            .setDevice("d")
            .setTemperature(new BigDecimal("20.00"))
            .setEventTime(NOON)
            .build();
    assertRejected(
        new EventEncoder(readings).value(reading), Reason.OTHER_EVENT, "SensorReading v1");
    assertThatThrownBy(() -> encoder.value(reading))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("orders");
  }

  @Test
  void theEventAfterACorruptOneIsRight() {
    byte[] good = encoder.value(order("5.00", NOON));
    byte[] bad = Arrays.copyOf(good, good.length - 3);
    for (int i = 0; i < 3; i++) {
      assertRejected(bad, Reason.CORRUPT, "cut off");
      DecodedEvent event = (DecodedEvent) decode(good);
      assertThat(event.row().longAt(0)).isEqualTo(500);
      assertThat(event.record().get("product_category")).hasToString("Käse");
    }
    assertRejected(Arrays.copyOf(good, good.length + 2), Reason.CORRUPT, "2 bytes after");
  }

  @Test
  void anEventTimeMoreThanADayAheadOfTheLogIsRejected() {
    Instant latest = NOON.plus(Duration.ofDays(1));
    assertThat(decode(encoder.value(order("1.00", latest)))).isInstanceOf(DecodedEvent.class);
    assertRejected(
        encoder.value(order("1.00", latest.plusMillis(1))),
        Reason.EVENT_TIME_AHEAD,
        "1998-03-02T12:00:00.001Z");
    assertThat(decoder.decode(encoder.value(order("1.00", latest)), 0, 0, Long.MAX_VALUE))
        .isInstanceOf(DecodedEvent.class);
  }

  @Test
  void anEventTimeBeforeTheEarliestIsRejected() {
    assertThat(decode(encoder.value(order("1.00", MIN)))).isInstanceOf(DecodedEvent.class);
    assertRejected(
        encoder.value(order("1.00", MIN.minusMillis(1))),
        Reason.EVENT_TIME_TOO_EARLY,
        "1989-12-31T23:59:59.999Z");
  }

  @Test
  void eventTimesAtTheEndsOfALongAreRejectedAndNotWrappedAround() {
    GenericRecord record = ((DecodedEvent) decode(encoder.value(order("1.00", NOON)))).record();
    record.put("event_time", Long.MAX_VALUE);
    assertRejected(encoder.value(record), Reason.EVENT_TIME_AHEAD, "ahead");
    record.put("event_time", Long.MIN_VALUE);
    assertRejected(encoder.value(record), Reason.EVENT_TIME_TOO_EARLY, "lies before");
  }

  @Test
  void aDecimalBeyondItsPrecisionIsCorrupt() {
    GenericRecord record = ((DecodedEvent) decode(encoder.value(order("1.00", NOON)))).record();
    record.put("amount", decimal(999_999_999_999L));
    assertThat(((DecodedEvent) decode(encoder.value(record))).row().longAt(0))
        .isEqualTo(999_999_999_999L);
    record.put("amount", decimal(1_000_000_000_000L));
    assertRejected(encoder.value(record), Reason.CORRUPT, "none of 12 digits");
    record.put("amount", ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0}));
    assertRejected(encoder.value(record), Reason.CORRUPT, "none of 12 digits");
    record.put("amount", ByteBuffer.wrap(new byte[0]));
    assertRejected(encoder.value(record), Reason.CORRUPT, "none of 12 digits");
  }

  /** Else one event could not be archived, and nothing behind it. */
  @ParameterizedTest
  @CsvSource({
    "timestamp-millis, -9223372036854775, 9223372036854775",
    "local-timestamp-millis, -9223372036854775, 9223372036854775",
  })
  void aTimeThatTheMasterDatasetHasNoRoomForIsCorrupt(String logical, long least, long most) {
    Schema schema =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"Shift","fields":[
             {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"times","type":{"type":"array","items":{"type":"long","logicalType":"%s"}}}]}"""
                .formatted(logical));
    EventType shifts = EventType.of("shifts", schema, "event_time", "event_time");
    EventDecoder shiftDecoder = new EventDecoder(SchemaStore.of(List.of()), shifts, List.of(), MIN);
    for (long time : new long[] {least, 0, most, least - 1, most + 1}) {
      GenericRecord shift = new GenericData.Record(schema);
      shift.put("event_time", NOON_MILLIS);
      shift.put("times", List.of(time));
      Decoded decoded =
          shiftDecoder.decode(new EventEncoder(shifts).value(shift), 0, 0, NOON_MILLIS);
      if (time >= least && time <= most) {
        assertThat(decoded).isInstanceOf(DecodedEvent.class);
      } else {
        assertThat(decoded)
            .asInstanceOf(type(Rejection.class))
            .returns(Reason.CORRUPT, Rejection::reason)
            .extracting(Rejection::detail)
            .asString()
            .contains("a time of " + time, "expected " + least + " to " + most);
      }
    }
  }

  private static ByteBuffer decimal(long unscaled) {
    return ByteBuffer.wrap(BigInteger.valueOf(unscaled).toByteArray());
  }

  @Test
  void damageInAColumnThatNobodyAskedForIsDamage() {
    EventDecoder countOnly = new EventDecoder(STORE, ORDERS, List.of(), MIN);
    byte[] value = encoder.value(order("1.00", NOON));
    int category = indexOf(value, (byte) 0xC3, 10);
    value[category] = (byte) 0xC0;
    assertRejected(value, Reason.CORRUPT, "not UTF-8");
    assertThat(countOnly.decode(value, 5, 99, NOON.toEpochMilli())).isEqualTo(decode(value));
  }

  private static int indexOf(byte[] bytes, byte wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    throw new AssertionError("no " + wanted);
  }

  @Test
  void hugeLengthsAndCountsTakeNoMemory() throws Exception {
    Schema schema =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"Bag","namespace":"t","fields":[
             {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"nulls","type":{"type":"array","items":{"type":"array","items":"null"}}},
             {"name":"map","type":{"type":"map","values":"long"}},
             {"name":"text","type":"string"}]}""");
    EventType bags = EventType.of("bags", schema, "event_time", "event_time");
    EventDecoder bagDecoder =
        new EventDecoder(SchemaStore.of(List.of()), bags, List.of("text"), MIN);
    for (long size :
        new long[] {Long.MAX_VALUE, 1L << 32, Integer.MAX_VALUE, 1_000_000, -1, Long.MIN_VALUE}) {
      for (int field = 0; field < 4; field++) {
        byte[] value = bag(schema, field, size);
        assertThat(bagDecoder.decode(value, 0, 0, NOON.toEpochMilli()))
            .asInstanceOf(type(Rejection.class))
            .extracting(Rejection::reason)
            .isEqualTo(Reason.CORRUPT);
      }
    }
    assertThat(bagDecoder.decode(bag(schema, 4, 0), 0, 0, NOON.toEpochMilli()))
        .isInstanceOf(DecodedEvent.class);
  }

  /** An empty bag whose outer array, inner array, map or text claims to hold so much. */
  private static byte[] bag(Schema schema, int field, long size) throws Exception {
    byte[] head = RandomEvents.encode(new RandomEvents(1).event(schema));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(head, 0, 10);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    encoder.writeLong(NOON.toEpochMilli());
    if (field == 1) {
      encoder.writeLong(1);
    }
    encoder.writeLong(field == 0 || field == 1 ? size : 0);
    if (field > 1) {
      encoder.writeLong(field == 2 ? size : 0);
      encoder.writeLong(field == 3 ? size : 0);
    }
    return out.toByteArray();
  }

  @Test
  void nullsBeyondTheEventsLengthAreCorrupt() throws Exception {
    Schema schema =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"Bag","namespace":"t","fields":[
             {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"nulls","type":{"type":"array","items":{"type":"array","items":"null"}}}]}""");
    EventType bags = EventType.of("bags", schema, "event_time", "event_time");
    EventDecoder bagDecoder = new EventDecoder(SchemaStore.of(List.of()), bags, List.of(), MIN);
    GenericRecord bag = new GenericData.Record(schema);
    bag.put("event_time", NOON.toEpochMilli());
    bag.put("nulls", List.of(Arrays.asList(new Object[3]), Arrays.asList(new Object[3])));
    assertThat(bagDecoder.decode(RandomEvents.encode(bag), 0, 0, NOON.toEpochMilli()))
        .isInstanceOf(DecodedEvent.class);
    // Each array is shorter than the event, both together are longer.
    bag.put("nulls", List.of(Arrays.asList(new Object[15]), Arrays.asList(new Object[15])));
    assertThat(bagDecoder.decode(RandomEvents.encode(bag), 0, 0, NOON.toEpochMilli()))
        .asInstanceOf(type(Rejection.class))
        .extracting(Rejection::detail)
        .asString()
        .contains("items");
  }

  /** Avro's own decoder of arrays refuses such an event: CheckedBytesDecoder says why. */
  @Test
  void anArrayWhoseItemsGotAFieldSinceIsRead() {
    String v1 =
        """
        {"type":"record","name":"Basket","namespace":"t","fields":[
         {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
         {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
           {"name":"n","type":"int"}]}}}]}""";
    Schema earlier = SchemaParser.parseSingle(v1);
    Schema later =
        SchemaParser.parseSingle(
            v1.replace(
                "\"type\":\"int\"}",
                "\"type\":\"int\"},{\"name\":\"x\",\"type\":\"double\",\"default\":0.5}"));
    SchemaStore store =
        SchemaStore.of(
            List.of(new SchemaVersion(earlier, 1, "v1"), new SchemaVersion(later, 2, "v2")));
    EventType baskets = EventType.of("baskets", later, "event_time", "event_time");
    EventDecoder basketDecoder = new EventDecoder(store, baskets, List.of(), MIN);
    GenericRecord line =
        new GenericData.Record(earlier.getField("lines").schema().getElementType());
    line.put("n", 7);
    GenericRecord basket = new GenericData.Record(earlier);
    basket.put("event_time", NOON.toEpochMilli());
    basket.put("lines", List.of(line, line, line));
    DecodedEvent event =
        (DecodedEvent) basketDecoder.decode(RandomEvents.encode(basket), 0, 0, NOON.toEpochMilli());
    assertThat((List<?>) event.record().get("lines"))
        .hasSize(3)
        .allMatch(l -> ((GenericRecord) l).get("x").equals(0.5));
  }

  @Test
  void aBlockThatLiesAboutItsLengthIsCorrupt() throws Exception {
    Schema schema =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"Bag","namespace":"t","fields":[
             {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"items","type":{"type":"array","items":"long"}}]}""");
    EventType bags = EventType.of("bags", schema, "event_time", "event_time");
    EventDecoder bagDecoder = new EventDecoder(SchemaStore.of(List.of()), bags, List.of(), MIN);
    byte[] head = RandomEvents.encode(new RandomEvents(1).event(schema));
    for (int size = 0; size < 5; size++) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(head, 0, 10);
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      encoder.writeLong(NOON.toEpochMilli());
      encoder.writeLong(-3);
      encoder.writeLong(size);
      for (int i = 0; i < 3; i++) {
        encoder.writeLong(i);
      }
      encoder.writeLong(0);
      assertThat(bagDecoder.decode(out.toByteArray(), 0, 0, NOON.toEpochMilli()))
          .isInstanceOf(size == 3 ? DecodedEvent.class : Rejection.class);
    }
  }

  @Test
  void anEventOfEndlessDepthIsCorruptAndNotAStackOverflow() throws Exception {
    Schema schema =
        SchemaParser.parseSingle(
            """
            {"type":"record","name":"Event","namespace":"t","fields":[
             {"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}},
             {"name":"chain","type":["null",{"type":"record","name":"Chain","fields":[
               {"name":"next","type":["null","Chain"]}]}]}]}""");
    EventType chains = EventType.of("chains", schema, "event_time", "event_time");
    EventDecoder chainDecoder = new EventDecoder(SchemaStore.of(List.of()), chains, List.of(), MIN);
    assertThat(chainDecoder.decode(chain(schema, 60), 0, 0, NOON.toEpochMilli()))
        .isInstanceOf(DecodedEvent.class);
    assertThat(chainDecoder.decode(chain(schema, 1_000_000), 0, 0, NOON.toEpochMilli()))
        .asInstanceOf(type(Rejection.class))
        .extracting(Rejection::detail)
        .asString()
        .contains("levels deep");
  }

  private static byte[] chain(Schema schema, int length) throws Exception {
    GenericRecord event = new GenericData.Record(schema);
    event.put("event_time", NOON.toEpochMilli());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] head = RandomEvents.encode(event);
    out.write(head, 0, head.length - 1);
    for (int i = 0; i < length; i++) {
      out.write(2);
    }
    out.write(0);
    return out.toByteArray();
  }

  @Test
  void anEarlierVersionIsReadWithDefaultsAndKnownAsConverted() {
    Schema v1 = STORE.find("dev.lambdastack.events.retail.Order", 1);
    Schema v2 = withField(v1, "channel", "\"string\"", "\"store\"");
    SchemaStore store =
        SchemaStore.of(List.of(new SchemaVersion(v1, 1, "v1"), new SchemaVersion(v2, 2, "v2")));
    EventType pinnedToV2 = EventType.of("orders", v2, "event_time", "customer_id");
    EventDecoder newer = new EventDecoder(store, pinnedToV2, List.of("channel", "amount"), MIN);
    DecodedEvent event =
        (DecodedEvent) newer.decode(encoder.value(order("7.00", NOON)), 0, 0, NOON.toEpochMilli());
    assertThat(event.row().stringAt(0)).isEqualTo("store");
    assertThat(event.row().longAt(1)).isEqualTo(700);
    assertThat(event.isConverted()).isTrue();
    assertThat(event.writer().version()).isEqualTo(1);
    assertThat(event.record().get("channel")).hasToString("store");

    GenericRecord sent = event.record();
    sent.put("channel", "web");
    EventDecoder older = new EventDecoder(store, ORDERS, List.of("amount"), MIN);
    DecodedEvent back =
        (DecodedEvent)
            older.decode(new EventEncoder(pinnedToV2).value(sent), 0, 0, NOON.toEpochMilli());
    assertThat(back.row().longAt(0)).isEqualTo(700);
    assertThat(back.isConverted()).isTrue();
    assertThat(back.record().getSchema()).isEqualTo(v1);
  }

  private static Schema withField(Schema schema, String name, String type, String defaultValue) {
    String json = schema.toString();
    return SchemaParser.parseSingle(
        json.substring(0, json.lastIndexOf(']'))
            + ",{\"name\":\"%s\",\"type\":%s,\"default\":%s}]}"
                .formatted(name, type, defaultValue));
  }

  /** Keys of any view must fit a row of HBase: decided on the event, whichever columns are read. */
  @Test
  void textsThatAreTooLongForAKeyAreRejectedWhoeverReadsThem() {
    Schema v1 = STORE.find("dev.lambdastack.events.retail.Order", 1);
    Schema v2 = withField(v1, "channel", "\"string\"", "\"store\"");
    Schema v3 = withField(v2, "note", "[\"null\",\"string\"]", "null");
    SchemaStore store =
        SchemaStore.of(
            List.of(
                new SchemaVersion(v1, 1, "v1"),
                new SchemaVersion(v2, 2, "v2"),
                new SchemaVersion(v3, 3, "v3")));
    EventType pinned = EventType.of("orders", v3, "event_time", "customer_id");
    int most = RowKey.MAX_TEXT_BYTES;
    for (List<String> columns :
        List.of(List.<String>of(), List.of("amount"), List.of("channel", "product_category"))) {
      EventDecoder any = new EventDecoder(store, pinned, columns, MIN);
      // Both texts count, in bytes; what may be null does not, since no view is keyed by it.
      assertThat(any.decode(texts(pinned, "é", most - 2, "x".repeat(most)), 0, 0, NOON_MILLIS))
          .isInstanceOf(DecodedEvent.class);
      assertThat(any.decode(texts(pinned, "é", most - 1, null), 0, 0, NOON_MILLIS))
          .isEqualTo(
              new Rejection(
                  Reason.TEXT_TOO_LONG,
                  "the texts of the columns that are never null have 16001 bytes together, more than 16000; a long text needs a column that may be null"));
      // The default that an older event is read with counts too: "store".
      assertThat(any.decode(older(most - 5), 0, 0, NOON_MILLIS)).isInstanceOf(DecodedEvent.class);
      assertThat(any.decode(older(most - 4), 0, 0, NOON_MILLIS))
          .asInstanceOf(type(Rejection.class))
          .extracting(Rejection::reason)
          .isEqualTo(Reason.TEXT_TOO_LONG);
    }
  }

  private byte[] older(int categoryBytes) {
    GenericRecord event = ((DecodedEvent) decode(encoder.value(order("1.00", NOON)))).record();
    event.put("product_category", "x".repeat(categoryBytes));
    return encoder.value(event);
  }

  private byte[] texts(EventType pinned, String category, int channelBytes, String note) {
    GenericRecord event = new GenericData.Record(pinned.schema());
    GenericRecord order = ((DecodedEvent) decode(encoder.value(order("1.00", NOON)))).record();
    order.getSchema().getFields().forEach(f -> event.put(f.name(), order.get(f.name())));
    event.put("product_category", category);
    event.put("channel", "x".repeat(channelBytes));
    event.put("note", note);
    return new EventEncoder(pinned).value(event);
  }

  @Test
  void aStoreWithAVersionThatThePinnedSchemaCannotReadIsRefused() {
    Schema v1 = STORE.find("dev.lambdastack.events.retail.Order", 1);
    Schema v2 =
        SchemaParser.parseSingle(
            v1.toString()
                .replace("\"quantity\",\"type\":\"int\"", "\"quantity\",\"type\":\"string\""));
    SchemaStore store = SchemaStore.of(List.of(new SchemaVersion(v2, 2, "order.v2.avsc")));
    assertThatThrownBy(() -> new EventDecoder(store, ORDERS, COLUMNS, MIN))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("Order v2 (order.v2.avsc), field 'quantity'");
  }

  @Test
  void anUnknownColumnIsRefused() {
    assertThatThrownBy(() -> new EventDecoder(STORE, ORDERS, List.of("colour"), MIN))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("colour");
  }
}
