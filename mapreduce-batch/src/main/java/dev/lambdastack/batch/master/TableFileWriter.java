package dev.lambdastack.batch.master;

import java.io.IOException;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.SchemaNormalization;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.parquet.ParquetUtil;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;

/** A Parquet file of a topic's table under construction. Not thread-safe. */
public final class TableFileWriter implements AutoCloseable {
  /** In the footer: CRC-64-AVRO, in hex, of the pinned schema that the columns follow. */
  public static final String PINNED = "lambda.schema";

  /** In the footer, as every file that Iceberg writes has it: the columns, as JSON. */
  public static final String COLUMNS = "iceberg.schema";

  private static final int PAGE_BYTES = 256 << 10;

  private final TableLayout layout;
  private final Configuration conf;
  private final Path path;
  private final Events events;
  private final ParquetWriter<Events> writer;

  private TableFileWriter(
      TableLayout layout,
      Configuration conf,
      Path path,
      Events events,
      ParquetWriter<Events> writer) {
    this.layout = layout;
    this.conf = conf;
    this.path = path;
    this.events = events;
    this.writer = writer;
  }

  /**
   * A new file of events.
   *
   * @param pinned the schema that the events are encoded by, which the table follows
   * @param rowGroupBytes how much is held in memory before it is written, about
   */
  public static TableFileWriter create(
      Configuration conf,
      TableLayout layout,
      Path path,
      org.apache.avro.Schema pinned,
      long rowGroupBytes)
      throws IOException {
    Events events = new Events(EventColumns.ofFile(layout.schema(), pinned), pinned);
    ParquetWriter<Events> writer =
        new Builder(HadoopOutputFile.fromPath(path, conf), events)
            .withConf(conf)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withRowGroupSize(rowGroupBytes)
            .withPageSize(PAGE_BYTES)
            .withPageWriteChecksumEnabled(true)
            // Nobody asks for them, and they are gathered a value at a time.
            .withSizeStatisticsEnabled(false)
            // No offset stands twice.
            .withDictionaryEncoding(EventColumns.OFFSET, false)
            .build();
    return new TableFileWriter(layout, conf, path, events, writer);
  }

  private static final class Builder extends ParquetWriter.Builder<Events, Builder> {
    private final Events events;

    Builder(OutputFile file, Events events) {
      super(file);
      this.events = events;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<Events> getWriteSupport(Configuration conf) {
      return events;
    }
  }

  /**
   * Appends an event.
   *
   * @param value holds the event, encoded by the pinned schema and checked, from byte {@code start}
   *     on. Must not change until the file is closed
   * @param appendTime milliseconds since 1970
   * @param writerSchema CRC-64-AVRO of the schema that it was sent with
   * @param raw what was sent, where that is another schema; else null
   */
  public void write(
      byte[] value,
      int start,
      int partition,
      long offset,
      long appendTime,
      long writerSchema,
      byte[] raw)
      throws IOException {
    events.set(value, start, partition, offset, appendTime, writerSchema, raw);
    writer.write(events);
  }

  /** About how long the file would be if it were closed now, or longer. */
  public long estimatedLengthBytes() {
    return writer.getDataSize();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }

  /**
   * Closes the file, to which at least one event was written.
   *
   * @param date of all its events; empty where they are of several
   */
  public DataFile finish(Optional<LocalDate> date) throws IOException {
    writer.close();

    ParquetMetadata footer = writer.getFooter();
    return DataFiles.builder(layout.spec(date))
        .withPath(path.toString())
        .withFormat(FileFormat.PARQUET)
        .withFileSizeInBytes(path.getFileSystem(conf).getFileStatus(path).getLen())
        .withPartition(layout.partition(date))
        .withMetrics(ParquetUtil.footerMetrics(footer, Stream.empty(), layout.metrics()))
        .withSplitOffsets(ParquetUtil.getSplitOffsets(footer))
        .withSortOrder(layout.order())
        .build();
  }

  /** The event that is written next, and how it becomes columns. */
  private static final class Events extends WriteSupport<Events> {
    private final Schema columns;
    private final org.apache.avro.Schema pinned;
    private final MessageType type;
    private final EventBytes fields;
    private final int own;
    private RecordConsumer out;

    private byte[] value;
    private int start;
    private int partition;
    private long offset;
    private long appendTime;
    private long writerSchema;
    private byte[] raw;

    Events(Schema columns, org.apache.avro.Schema pinned) {
      this.columns = columns;
      this.pinned = pinned;
      this.type = ParquetSchemaUtil.convert(columns, "table");
      this.fields = new EventBytes(pinned);
      this.own = fields.columns();
    }

    void set(
        byte[] newValue,
        int newStart,
        int newPartition,
        long newOffset,
        long newAppendTime,
        long newWriterSchema,
        byte[] newRaw) {
      value = newValue;
      start = newStart;
      partition = newPartition;
      offset = newOffset;
      appendTime = newAppendTime;
      writerSchema = newWriterSchema;
      raw = newRaw;
    }

    @Override
    public WriteContext init(Configuration conf) {
      return new WriteContext(
          type,
          Map.of(
              COLUMNS,
              SchemaParser.toJson(columns),
              PINNED,
              Fingerprints.hex(SchemaNormalization.parsingFingerprint64(pinned))));
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
      out = consumer;
    }

    @Override
    public void write(Events event) {
      out.startMessage();
      fields.write(value, start, out);

      out.startField(EventColumns.PARTITION, own);
      out.addInteger(partition);
      out.endField(EventColumns.PARTITION, own);
      writeLong(EventColumns.OFFSET, own + 1, offset);
      writeLong(EventColumns.APPEND_TIME, own + 2, Math.multiplyExact(appendTime, 1000L));
      writeLong(EventColumns.WRITER_SCHEMA, own + 3, writerSchema);

      if (raw != null) {
        out.startField(EventColumns.RAW, own + 4);
        out.addBinary(Binary.fromReusedByteArray(raw));
        out.endField(EventColumns.RAW, own + 4);
      }
      out.endMessage();
    }

    private void writeLong(String name, int index, long number) {
      out.startField(name, index);
      out.addLong(number);
      out.endField(name, index);
    }
  }
}
