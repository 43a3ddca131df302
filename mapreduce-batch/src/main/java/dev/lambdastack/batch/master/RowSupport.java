package dev.lambdastack.batch.master;

import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.avro.AvroSchemaConverter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.RecordConsumer;

/** How a row becomes columns: a whole record as Avro's support does it, an event by its bytes. */
final class RowSupport extends WriteSupport<RowSupport.Row> {
  /** What a file takes; each writer has one of each kind, and fills it again and again. */
  sealed interface Row {}

  static final class Whole implements Row {
    GenericRecord record;
  }

  static final class Bytes implements Row {
    private byte[] value;
    private int start;
    private int partition;
    private long offset;
    private long appendTime;
    private long writerSchema;

    void set(
        byte[] newValue,
        int newStart,
        int newPartition,
        long newOffset,
        long newAppendTime,
        long newWriterSchema) {
      value = newValue;
      start = newStart;
      partition = newPartition;
      offset = newOffset;
      appendTime = newAppendTime;
      writerSchema = newWriterSchema;
    }
  }

  private final AvroWriteSupport<GenericRecord> avro;

  /** Where our own columns start, which follow the event's; -1 without them. */
  private final int eventFields;

  private final Optional<FlatEvent> events;
  private RecordConsumer out;

  RowSupport(Schema schema, Configuration conf) {
    avro =
        new AvroWriteSupport<>(
            new AvroSchemaConverter(conf).convert(schema), schema, GenericData.get());
    Schema.Field own = schema.getField(FileSchema.PARTITION);
    eventFields = own == null ? -1 : own.pos();
    events =
        own == null ? Optional.empty() : FlatEvent.of(schema.getFields().subList(0, eventFields));
  }

  boolean takesEvents() {
    return events.isPresent();
  }

  @Override
  public WriteContext init(Configuration conf) {
    return avro.init(conf);
  }

  @Override
  public String getName() {
    return avro.getName();
  }

  @Override
  public void prepareForWrite(RecordConsumer recordConsumer) {
    out = recordConsumer;
    avro.prepareForWrite(recordConsumer);
  }

  @Override
  public void write(Row row) {
    if (row instanceof Whole whole) {
      avro.write(whole.record);
    } else if (row instanceof Bytes bytes) {
      write(bytes);
    }
  }

  private void write(Bytes row) {
    out.startMessage();
    events.orElseThrow().write(row.value, row.start, out);
    int at = eventFields;
    out.startField(FileSchema.PARTITION, at);
    out.addInteger(row.partition);
    out.endField(FileSchema.PARTITION, at++);
    writeLong(FileSchema.OFFSET, at++, row.offset);
    writeLong(FileSchema.APPEND_TIME, at++, row.appendTime);
    writeLong(FileSchema.WRITER_SCHEMA, at, row.writerSchema);
    out.endMessage();
  }

  private void writeLong(String name, int index, long value) {
    out.startField(name, index);
    out.addLong(value);
    out.endField(name, index);
  }
}
