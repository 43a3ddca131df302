package dev.lambdastack.schemas;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;

/**
 * How events of one writer schema become rows and records of an event type. One pass over the bytes
 * checks all of them and keeps the columns that were asked for. Not thread-safe.
 */
final class WriterPlan {
  /** Moves what the cursor read last into the row. */
  @FunctionalInterface
  private interface Store {
    void store(Cursor cursor, EventRow row);
  }

  private static final Store NOTHING = (cursor, row) -> {};

  private final SchemaVersion writer;
  private final long fingerprint;
  private final boolean converted;
  private final Wire[] wires;
  private final Store[] stores;
  private final List<Store> defaults = new ArrayList<>();
  private final GenericDatumReader<GenericRecord> reader;
  private final CheckedBytesDecoder decoder = new CheckedBytesDecoder();

  WriterPlan(SchemaVersion writer, EventType type, long readerFingerprint, List<String> columns) {
    this.writer = writer;
    this.fingerprint = writer.fingerprint();
    this.converted = fingerprint != readerFingerprint;
    this.reader = new GenericDatumReader<>(writer.schema(), type.schema());

    List<Schema.Field> written = writer.schema().getFields();
    Wire.Compiler compiler = new Wire.Compiler();
    this.wires = new Wire[written.size()];
    this.stores = new Store[written.size()];

    Schema.Field eventTime =
        Evolution.writtenField(type.schema().getField(type.eventTime()), writer.schema());
    for (int i = 0; i < wires.length; i++) {
      Schema.Field field = written.get(i);
      wires[i] =
          field.equals(eventTime)
              ? compiler.compileEventTime(field.schema())
              : compiler.compile(field.schema());
      stores[i] = NOTHING;
    }
    for (int i = 0; i < columns.size(); i++) {
      add(type, columns.get(i), storeOf(type, columns.get(i), i));
    }

    add(type, type.eventTime(), (cursor, row) -> row.setEventTime(cursor.number));
    for (String column : EventDecoder.keyTexts(type)) {
      add(type, column, WriterPlan::count);
    }
  }

  private static void count(Cursor c, EventRow row) {
    row.addKeyText(c.symbol == null ? c.textLength : c.symbol.length);
  }

  private void add(EventType type, String column, Store store) {
    Schema.Field field = type.schema().getField(column);
    Schema.Field written = Evolution.writtenField(field, writer.schema());

    if (written == null) {
      Cursor value = defaultOf(field, type.column(column));
      defaults.add((cursor, row) -> store.store(value, row));
    } else {
      Store before = stores[written.pos()];
      stores[written.pos()] =
          before == NOTHING
              ? store
              : (cursor, row) -> {
                before.store(cursor, row);
                store.store(cursor, row);
              };
    }
  }

  private static Store storeOf(EventType type, String name, int index) {
    Column column = type.column(name);
    Schema schema = notNull(type.schema().getField(name).schema());
    Store value =
        switch (column.type()) {
          case LONG, DECIMAL, BOOLEAN, TIMESTAMP -> (c, row) -> row.setNumber(index, c.number);
          case DOUBLE ->
              schema.getType() == Schema.Type.FLOAT
                  ? (c, row) -> row.setReal(index, c.isWhole ? (float) c.number : c.real)
                  : (c, row) -> row.setReal(index, c.real);
          case STRING ->
              schema.getType() == Schema.Type.ENUM ? enumStore(schema, index) : textStore(index);
        };

    return (c, row) -> {
      if (c.isNull) {
        row.setNull(index);
      } else {
        value.store(c, row);
      }
    };
  }

  private static Store textStore(int index) {
    return (c, row) -> {
      if (c.symbol == null) {
        row.setText(index, c.textStart, c.textLength);
      } else {
        row.setText(index, c.symbol);
      }
    };
  }

  /** A symbol that the reader does not know becomes its enum's default. */
  private static Store enumStore(Schema schema, int index) {
    Map<ByteBuffer, byte[]> known = new HashMap<>();
    for (String symbol : schema.getEnumSymbols()) {
      byte[] utf8 = symbol.getBytes(StandardCharsets.UTF_8);
      known.put(ByteBuffer.wrap(utf8), utf8);
    }

    byte[] other =
        schema.getEnumDefault() == null
            ? null
            : schema.getEnumDefault().getBytes(StandardCharsets.UTF_8);

    return (c, row) ->
        row.setText(
            index, other == null ? c.symbol : known.getOrDefault(ByteBuffer.wrap(c.symbol), other));
  }

  private static Schema notNull(Schema schema) {
    return schema.getType() != Schema.Type.UNION
        ? schema
        : schema.getTypes().stream()
            .filter(s -> s.getType() != Schema.Type.NULL)
            .findFirst()
            .orElseThrow();
  }

  /** The reader's default for a field that the writer does not have. */
  private static Cursor defaultOf(Schema.Field field, Column column) {
    Object value = GenericData.get().getDefaultValue(field);
    Cursor cursor = new Cursor();
    cursor.isNull = value == null;
    if (value == null) {
      return cursor;
    }

    switch (column.type()) {
      case LONG -> cursor.number = ((Number) value).longValue();
      case TIMESTAMP -> {
        long time = ((Number) value).longValue();
        cursor.number =
            notNull(field.schema()).getLogicalType() instanceof LogicalTypes.TimestampMicros
                ? Math.floorDiv(time, 1000L)
                : time;
      }
      case BOOLEAN -> cursor.number = (Boolean) value ? 1 : 0;
      case DOUBLE -> cursor.real = ((Number) value).doubleValue();
      case STRING -> cursor.symbol = value.toString().getBytes(StandardCharsets.UTF_8);
      case DECIMAL -> {
        byte[] bytes =
            value instanceof GenericFixed fixed ? fixed.bytes() : ((ByteBuffer) value).array();
        cursor.number = Decimals.unscaled(bytes, 0, bytes.length);
      }
    }

    return cursor;
  }

  SchemaVersion writer() {
    return writer;
  }

  long fingerprint() {
    return fingerprint;
  }

  boolean isConverted() {
    return converted;
  }

  /** Checks the whole value and fills the row. */
  void read(Cursor cursor, EventRow row) throws MalformedException {
    for (int i = 0; i < wires.length; i++) {
      wires[i].read(cursor);
      stores[i].store(cursor, row);
    }
    for (Store store : defaults) {
      store.store(cursor, row);
    }
    if (cursor.remaining() > 0) {
      throw new MalformedException(
          String.format(Locale.ROOT, "%d bytes after the event's end", cursor.remaining()));
    }
  }

  /** The record in a value that {@link #read} accepted. */
  GenericRecord record(byte[] value) {
    try {
      GenericRecord record = reader.read(null, decoder.over(value, EventDecoder.HEADER_BYTES));
      if (!decoder.isEnd()) {
        throw new IOException("bytes are left");
      }
      return record;
    } catch (IOException | RuntimeException e) {
      throw new IllegalStateException(
          "Avro does not read an event of %s that passed the check: %s".formatted(writer, e), e);
    }
  }
}
