package dev.lambdastack.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.util.Utf8;

/** Schemas of all kinds of fields, a reader and a writer that go together, and events of them. */
final class RandomEvents {
  static final String NAME = "test.Event";
  static final int MAX_FIELDS = 10;

  private final Random random;
  private int names;

  RandomEvents(long seed) {
    random = new Random(seed);
  }

  record Schemas(Schema reader, Schema writer) {}

  /** Both hold event_time; the other fields are dropped, added, widened or reordered at random. */
  Schemas schemas() {
    List<Schema.Field> reader = new ArrayList<>();
    List<Schema.Field> writer = new ArrayList<>();
    Schema time = timestamp();
    reader.add(new Schema.Field("event_time", time));
    writer.add(new Schema.Field("event_time", time));
    int count = random.nextInt(MAX_FIELDS);
    for (int i = 0; i < count; i++) {
      Pair type = random.nextInt(3) == 0 ? nested(3) : column();
      switch (random.nextInt(6)) {
        case 0 -> writer.add(new Schema.Field("w" + i, type.writer()));
        case 1 -> {
          Schema optional =
              Schema.createUnion(Schema.create(Schema.Type.NULL), flat(type.reader()));
          reader.add(new Schema.Field("r" + i, optional, null, Schema.Field.NULL_DEFAULT_VALUE));
        }
        case 2 -> reader.add(withDefault("d" + i));
        default -> {
          reader.add(
              random.nextInt(4) == 0 ? aliased(i, type) : new Schema.Field("f" + i, type.reader()));
          writer.add(new Schema.Field("f" + i, type.writer()));
        }
      }
    }
    Collections.shuffle(reader, random);
    Collections.shuffle(writer, random);
    return new Schemas(record(reader), record(writer));
  }

  private static Schema.Field aliased(int i, Pair type) {
    Schema.Field field = new Schema.Field("renamed" + i, type.reader());
    field.addAlias("f" + i);
    return field;
  }

  private Schema.Field withDefault(String name) {
    return switch (random.nextInt(8)) {
      case 0 -> new Schema.Field(name, Schema.create(Schema.Type.INT), null, random.nextInt());
      case 1 -> new Schema.Field(name, Schema.create(Schema.Type.STRING), null, "dé\u20ac");
      case 2 -> new Schema.Field(name, Schema.create(Schema.Type.DOUBLE), null, -1.5);
      case 3 -> new Schema.Field(name, Schema.create(Schema.Type.BOOLEAN), null, true);
      case 4 ->
          new Schema.Field(
              name,
              LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG)),
              null,
              -1L);
      case 5 ->
          new Schema.Field(
              name, decimal(Schema.create(Schema.Type.BYTES), 9), null, new byte[] {-3, 7});
      case 6 -> new Schema.Field(name, enumOf("a", "b"), null, "b");
      default -> new Schema.Field(name, decimal(fixed(5), 9), null, new byte[] {-1, -1, -1, 2, 3});
    };
  }

  private static Schema record(List<Schema.Field> fields) {
    return Schema.createRecord("Event", null, "test", false, fields);
  }

  private record Pair(Schema reader, Schema writer) {
    Pair(Schema both) {
      this(both, both);
    }
  }

  private static Schema flat(Schema schema) {
    return schema.getType() == Schema.Type.UNION
        ? schema.getTypes().stream()
            .filter(s -> s.getType() != Schema.Type.NULL)
            .findFirst()
            .orElseThrow()
        : schema;
  }

  private Schema timestamp() {
    return (random.nextBoolean() ? LogicalTypes.timestampMillis() : LogicalTypes.timestampMicros())
        .addToSchema(Schema.create(Schema.Type.LONG));
  }

  private Pair column() {
    Pair plain =
        switch (random.nextInt(12)) {
          case 0 -> new Pair(Schema.create(Schema.Type.STRING));
          case 1 -> new Pair(Schema.create(Schema.Type.INT));
          case 2 -> new Pair(Schema.create(Schema.Type.LONG));
          case 3 -> new Pair(Schema.create(Schema.Type.LONG), Schema.create(Schema.Type.INT));
          case 4 -> new Pair(timestamp());
          case 5 -> new Pair(Schema.create(Schema.Type.BOOLEAN));
          case 6 ->
              widened(
                  Schema.Type.DOUBLE,
                  Schema.Type.INT,
                  Schema.Type.LONG,
                  Schema.Type.FLOAT,
                  Schema.Type.DOUBLE);
          case 7 ->
              widened(Schema.Type.FLOAT, Schema.Type.INT, Schema.Type.LONG, Schema.Type.FLOAT);
          case 8 -> enumPair();
          case 9 -> new Pair(decimal(Schema.create(Schema.Type.BYTES), 1 + random.nextInt(18)));
          case 10 -> new Pair(decimal(fixed(1 + random.nextInt(12)), 2));
          default -> new Pair(Schema.create(Schema.Type.STRING));
        };
    return random.nextInt(3) == 0
        ? new Pair(
            Schema.createUnion(Schema.create(Schema.Type.NULL), plain.reader()),
            random.nextBoolean()
                ? Schema.createUnion(plain.writer(), Schema.create(Schema.Type.NULL))
                : plain.writer())
        : plain;
  }

  private Pair widened(Schema.Type reader, Schema.Type... writers) {
    return new Pair(Schema.create(reader), Schema.create(writers[random.nextInt(writers.length)]));
  }

  private Pair enumPair() {
    String name = "E" + names++;
    return new Pair(
        Schema.createEnum(name, null, "test", List.of("other", "b", "a"), "other"),
        Schema.createEnum(name, null, "test", List.of("a", "b", "c", "d")));
  }

  private Schema enumOf(String... symbols) {
    return Schema.createEnum("E" + names++, null, "test", List.of(symbols));
  }

  private Schema fixed(int size) {
    return Schema.createFixed("F" + names++, null, "test", size);
  }

  private static Schema decimal(Schema schema, int precision) {
    return LogicalTypes.decimal(precision, Math.min(precision, 2)).addToSchema(schema);
  }

  private Pair nested(int depth) {
    switch (random.nextInt(depth == 0 ? 2 : 8)) {
      case 0:
        return new Pair(Schema.create(Schema.Type.BYTES));
      case 1:
        return new Pair(fixed(random.nextInt(4)));
      case 2:
        Pair item = nested(depth - 1);
        return new Pair(Schema.createArray(item.reader()), Schema.createArray(item.writer()));
      case 3:
        Pair value = column();
        return new Pair(Schema.createMap(value.reader()), Schema.createMap(value.writer()));
      case 4:
        return new Pair(Schema.createArray(Schema.create(Schema.Type.NULL)));
      case 5:
        return new Pair(chain());
      case 6:
        return new Pair(decimal(Schema.create(Schema.Type.BYTES), 30));
      default:
        Pair left = column();
        Pair right = nested(depth - 1);
        String name = "R" + names++;
        return new Pair(
            Schema.createRecord(
                name,
                null,
                "test",
                false,
                List.of(
                    new Schema.Field("right", right.reader()),
                    new Schema.Field("left", left.reader()))),
            Schema.createRecord(
                name,
                null,
                "test",
                false,
                List.of(
                    new Schema.Field("left", left.writer()),
                    new Schema.Field("right", right.writer()))));
    }
  }

  private Schema chain() {
    Schema chain = Schema.createRecord("Chain" + names++, null, "test", false);
    chain.setFields(
        List.of(
            new Schema.Field("text", Schema.create(Schema.Type.STRING)),
            new Schema.Field("next", Schema.createUnion(Schema.create(Schema.Type.NULL), chain))));
    return chain;
  }

  /** Raw Avro values: no logical types. Event time lies between 1970 and 2038. */
  GenericRecord event(Schema schema) {
    GenericRecord event = (GenericRecord) value(schema, 0);
    boolean micros =
        schema.getField("event_time").schema().getLogicalType()
            instanceof LogicalTypes.TimestampMicros;
    event.put(
        "event_time",
        random.nextInt(Integer.MAX_VALUE) * (micros ? 1_000_000L : 1_000L) + random.nextInt(1000));
    return event;
  }

  private Object value(Schema schema, int depth) {
    return switch (schema.getType()) {
      case NULL -> null;
      case BOOLEAN -> random.nextBoolean();
      case INT -> (int) number();
      case LONG ->
          schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
              ? number() / 1000
              : number();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextGaussian();
      case STRING -> new Utf8(text());
      case BYTES -> ByteBuffer.wrap(bytes(schema));
      case FIXED -> new GenericData.Fixed(schema, fixedBytes(schema));
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case UNION -> {
        List<Schema> branches = schema.getTypes();
        yield value(
            depth > 6 ? branches.get(0) : branches.get(random.nextInt(branches.size())), depth);
      }
      case ARRAY -> {
        List<Object> items = new GenericData.Array<>(schema, List.of());
        for (int i = random.nextInt(4); i > 0; i--) {
          items.add(value(schema.getElementType(), depth + 1));
        }
        yield items;
      }
      case MAP -> {
        Map<Utf8, Object> map = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          map.put(new Utf8(text()), value(schema.getValueType(), depth + 1));
        }
        yield map;
      }
      case RECORD -> {
        GenericRecord record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
          record.put(field.pos(), value(field.schema(), depth + 1));
        }
        yield record;
      }
    };
  }

  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(100) - 50;
      case 1 -> Long.MIN_VALUE >> random.nextInt(64);
      case 2 -> Long.MAX_VALUE >> random.nextInt(64);
      default -> random.nextLong();
    };
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.appendCodePoint(
          new int[] {'a', 0, 0xE9, 0x7FF, 0x20AC, 0xFFFD, 0x1F600, 0x10FFFF}[random.nextInt(8)]);
    }
    return text.toString();
  }

  private byte[] bytes(Schema schema) {
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      return unscaled(decimal.getPrecision()).toByteArray();
    }
    byte[] bytes = new byte[random.nextInt(5)];
    random.nextBytes(bytes);
    return bytes;
  }

  private BigInteger unscaled(int precision) {
    BigInteger bound = BigInteger.TEN.pow(precision);
    BigInteger value = new BigInteger(bound.bitLength(), random).mod(bound);
    return random.nextBoolean() ? value : value.negate();
  }

  private byte[] fixedBytes(Schema schema) {
    byte[] bytes = new byte[schema.getFixedSize()];
    if (schema.getLogicalType() == null) {
      random.nextBytes(bytes);
      return bytes;
    }
    int value = random.nextInt(199) - 99;
    Arrays.fill(bytes, (byte) (value < 0 ? -1 : 0));
    bytes[bytes.length - 1] = (byte) value;
    return bytes;
  }

  /** Avro single-object encoding, by Avro's own encoder. */
  static byte[] encode(GenericRecord event) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      new BinaryMessageEncoder<GenericRecord>(new GenericData(), event.getSchema())
          .encode(event, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same bytes with some of those behind the header changed, left out or added. */
  byte[] corrupt(byte[] value) {
    byte[] bytes = value.clone();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      bytes = corruptOnce(bytes);
    }
    return bytes;
  }

  private byte[] corruptOnce(byte[] value) {
    int header = 10;
    int at = header + random.nextInt(Math.max(1, value.length - header));
    if (value.length <= header) {
      return Arrays.copyOf(value, header + 1 + random.nextInt(3));
    }
    byte[] bytes = value.clone();
    switch (random.nextInt(6)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes = Arrays.copyOf(value, at);
      case 3 -> bytes = Arrays.copyOf(value, value.length + 1 + random.nextInt(3));
      case 4 -> {
        bytes = new byte[value.length + 1];
        System.arraycopy(value, 0, bytes, 0, at);
        bytes[at] = (byte) random.nextInt(256);
        System.arraycopy(value, at, bytes, at + 1, value.length - at);
      }
      default ->
          Arrays.fill(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(9)), (byte) 0xFF);
    }
    return bytes;
  }

  <T> List<T> someOf(Iterable<T> all) {
    List<T> some = new ArrayList<>();
    for (T one : all) {
      if (random.nextBoolean()) {
        some.add(one);
      }
    }
    Collections.shuffle(some, random);
    return some;
  }
}
