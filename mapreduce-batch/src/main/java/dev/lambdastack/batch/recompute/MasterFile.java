package dev.lambdastack.batch.recompute;

import static org.apache.parquet.schema.Type.Repetition.REQUIRED;

import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.TableFileWriter;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.EncodingStats;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.statistics.LongStatistics;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/**
 * A part of one file of the master dataset, opened for some columns: only these are read. Not
 * thread-safe.
 */
final class MasterFile implements AutoCloseable {
  private final String path;
  private final Projection projection;
  private final Optional<EventDecoder> decoder;
  private final ParquetFileReader reader;
  private final MessageType whole;
  private final MessageType requested;
  private final Optional<TimeRanges> times;
  private int rowGroups;
  private long skippedRows;

  private MasterFile(
      String path,
      Projection projection,
      Optional<EventDecoder> decoder,
      Optional<TimeRanges> times,
      ParquetFileReader reader) {
    this.path = path;
    this.projection = projection;
    this.decoder = decoder;
    this.times = times;
    this.reader = reader;
    this.whole = reader.getFileMetaData().getSchema();
    this.requested = requested();
    reader.setRequestedSchema(requested);
  }

  /**
   * Opens a part of a file.
   *
   * @param pinned CRC-64-AVRO, in hex, of the event type's schema
   * @param decoder of that schema, for the projection's columns; asked where the file follows
   *     another one
   * @param times where the file follows that schema, row groups that have none of these times are
   *     passed over; empty for none
   */
  static MasterFile open(
      Configuration conf,
      FilePart part,
      Projection projection,
      String pinned,
      Supplier<EventDecoder> decoder,
      Optional<TimeRanges> times)
      throws IOException {
    Path path = new Path(part.path());
    ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(path, conf),
            HadoopReadOptions.builder(conf, path).withRange(part.start(), part.end()).build());
    try {
      boolean followsPin =
          pinned.equals(reader.getFileMetaData().getKeyValueMetaData().get(TableFileWriter.PINNED));
      return new MasterFile(
          part.path(),
          projection,
          followsPin ? Optional.empty() : Optional.of(decoder.get()),
          followsPin ? times : Optional.empty(),
          reader);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private MessageType requested() {
    Set<Type> types = new LinkedHashSet<>();
    projection.columns().forEach(c -> field(c).ifPresent(f -> types.add(whole.getType(f))));
    field(projection.type().eventTime()).ifPresent(f -> types.add(whole.getType(f)));

    if (projection.withCoordinates()) {
      types.add(whole.getType(EventColumns.PARTITION));
      types.add(whole.getType(EventColumns.OFFSET));
    }

    if (decoder.isPresent()) {
      types.add(whole.getType(EventColumns.RAW));
      types.add(whole.getType(EventColumns.APPEND_TIME));
      keyTexts().forEach(c -> field(c).ifPresent(f -> types.add(whole.getType(f))));
    }

    return new MessageType(whole.getName(), new ArrayList<>(types));
  }

  /**
   * Columns that say whether a row's texts are too long by the pinned schema. None where they are
   * all columns of the file that are never null: the archive has measured those.
   */
  private List<String> keyTexts() {
    List<String> columns = EventDecoder.keyTexts(projection.type());
    boolean measured =
        columns.stream()
            .map(this::field)
            .allMatch(f -> f.isPresent() && whole.getType(f.get()).isRepetition(REQUIRED));
    return measured ? List.of() : columns;
  }

  /** What the file calls a column of the pinned schema, by name or alias. */
  private Optional<String> field(String column) {
    Schema.Field field = projection.type().schema().getField(column);
    return Stream.concat(Stream.of(column), field.aliases().stream())
        .filter(whole::containsField)
        .findFirst();
  }

  /** The row group so far into the file; empty where it has none. Those before it are lost. */
  Optional<RowGroup> rowGroupAt(double fraction) throws IOException {
    int wanted = (int) (fraction * reader.getRowGroups().size());
    while (rowGroups < wanted) {
      reader.skipNextRowGroup();
      rowGroups++;
    }
    return next();
  }

  /** The next row group; empty behind the last. The one before is good no longer. */
  Optional<RowGroup> next() throws IOException {
    while (rowGroups < reader.getRowGroups().size()
        && !mayHoldTimes(reader.getRowGroups().get(rowGroups))) {
      skippedRows += reader.getRowGroups().get(rowGroups).getRowCount();
      reader.skipNextRowGroup();
      rowGroups++;
    }

    PageReadStore pages = reader.readNextRowGroup();
    if (pages == null) {
      return Optional.empty();
    }

    BlockMetaData block = reader.getRowGroups().get(rowGroups++);
    Columns columns = new Columns(pages, block);
    EventType type = projection.type();
    ColumnSource[] values = new ColumnSource[projection.columns().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = columns.event(projection.columns().get(i));
    }

    boolean coordinates = projection.withCoordinates();
    return Optional.of(
        new MasterRows(
            pages.getRowCount(),
            values,
            columns.event(type.eventTime()),
            coordinates ? columns.file(EventColumns.PARTITION) : null,
            coordinates ? columns.file(EventColumns.OFFSET) : null,
            decoder.isPresent() ? older(columns, values, decoder.get()) : null));
  }

  private OlderRows older(Columns columns, ColumnSource[] values, EventDecoder pinned)
      throws IOException {
    List<OlderRows.KeyText> texts = new ArrayList<>();
    for (String column : keyTexts()) {
      ColumnSource source = columns.event(column);
      texts.add(new OlderRows.KeyText(source, MasterRows.indexOf(values, source)));
    }

    return new OlderRows(
        path,
        pinned,
        values.length,
        columns.file(EventColumns.RAW),
        columns.file(EventColumns.APPEND_TIME),
        texts);
  }

  /** Whether a row group may have one of the times that are looked for, by its statistics. */
  private boolean mayHoldTimes(BlockMetaData block) {
    if (times.isEmpty()) {
      return true;
    }

    ColumnChunkMetaData chunk =
        chunk(block, field(projection.type().eventTime()).orElseThrow()).orElseThrow();
    if (!(chunk.getStatistics() instanceof LongStatistics known) || !known.hasNonNullValue()) {
      return true;
    }

    boolean micros =
        chunk.getPrimitiveType().getLogicalTypeAnnotation()
                instanceof TimestampLogicalTypeAnnotation timestamp
            && timestamp.isAdjustedToUTC()
            && timestamp.getUnit() == TimeUnit.MICROS;
    long unit = micros ? 1000 : 1;

    return times
        .get()
        .overlaps(Math.floorDiv(known.getMin(), unit), Math.floorDiv(known.getMax(), unit));
  }

  private static Optional<ColumnChunkMetaData> chunk(BlockMetaData block, String column) {
    return block.getColumns().stream()
        .filter(c -> c.getPath().toDotString().equals(column))
        .findFirst();
  }

  /** Rows of the row groups that were passed over so far. */
  long skippedRows() {
    return skippedRows;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }

  /** The columns of one row group. */
  private final class Columns {
    private final BlockMetaData block;
    private final PageReadStore pages;
    private final Map<String, ColumnSource> opened = new HashMap<>();

    Columns(PageReadStore pages, BlockMetaData block) {
      this.pages = pages;
      this.block = block;
    }

    ColumnSource event(String column) throws IOException {
      Schema.Field pinned = projection.type().schema().getField(column);
      Optional<String> name = field(column);
      return name.isPresent()
          ? open(name.get(), pinned)
          : DefaultValues.of(pinned, projection.type().column(column));
    }

    /** One of our own columns. */
    ColumnSource file(String name) throws IOException {
      return open(name, null);
    }

    /**
     * @param pinned the event's field; null for a column of ours
     */
    private ColumnSource open(String name, Schema.Field pinned) throws IOException {
      ColumnSource source = opened.get(name);
      if (source == null) {
        ColumnDescriptor column = requested.getColumnDescription(new String[] {name});
        // Texts that are decoded from raw bytes are in no dictionary of the file.
        boolean textsById = decoder.isEmpty() && hasOnlyDictionaryPages(name);
        source =
            new ParquetSource(
                column,
                pages.getPageReader(column),
                ValueForm.of(column.getPrimitiveType(), pinned),
                textsById,
                pinned == null ? Symbols.NONE : Symbols.of(pinned));
        opened.put(name, source);
      }
      return source;
    }

    private boolean hasOnlyDictionaryPages(String name) {
      EncodingStats stats =
          chunk(block, name).map(ColumnChunkMetaData::getEncodingStats).orElse(null);
      return stats != null
          && stats.hasDictionaryPages()
          && stats.hasDictionaryEncodedPages()
          && !stats.hasNonDictionaryEncodedPages();
    }
  }
}
