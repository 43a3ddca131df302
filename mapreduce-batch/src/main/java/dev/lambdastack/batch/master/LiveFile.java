package dev.lambdastack.batch.master;

import dev.lambdastack.views.handoff.Horizon;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.hadoop.HadoopInputFile;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.parquet.hadoop.ParquetFileReader;

/**
 * A file of a topic's table, whoever wrote it, by what the table knows of it.
 *
 * @param file with the bounds of the columns below
 * @param sequence all its rows were in the table when the snapshot of this sequence number was
 *     there
 * @param pinned CRC-64-AVRO, in hex, of the pinned schema that its columns follow; empty where
 *     another program has written it
 * @param date of all its events; empty where they are of several
 * @param partitions of its rows; each is one of these
 * @param offsets of its rows; each is one of these
 * @param eventTimes of its rows, in milliseconds, as the columns have them
 * @param hasRaw whether a row may have {@link EventColumns#RAW}
 */
public record LiveFile(
    DataFile file,
    long sequence,
    Optional<String> pinned,
    Optional<LocalDate> date,
    Range partitions,
    Range offsets,
    Range eventTimes,
    boolean hasRaw) {
  /** The name of the folder that a run of ours writes to. */
  private static final Pattern FOLDER = Pattern.compile(".*\\.([0-9a-f]{16})/[^/]+");

  private static final String DAY = Transforms.day().toString();

  /** Numbers from {@code min} to {@code max}, both inclusive. */
  public record Range(long min, long max) {
    /** What is not known: any number. */
    static final Range ANY = new Range(Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Where the rows of a file lie, seen from a horizon. */
  public enum Side {
    /** The horizon holds all rows. */
    BEFORE,
    /** The horizon holds no row. */
    BEHIND,
    /** Not to be told without a look at each row's coordinates, as {@link Horizon#holds} does. */
    EITHER
  }

  /**
   * Of a table's file.
   *
   * @param specs of the table
   * @param eventTime name of the event time's column
   */
  static LiveFile of(
      DataFile file, Schema schema, Map<Integer, PartitionSpec> specs, String eventTime) {
    return of(file, file.dataSequenceNumber(), schema, specs, eventTime);
  }

  /** {@link #of(DataFile, Schema, Map, String)} of a file that no table has yet. */
  static LiveFile of(
      DataFile file,
      long sequence,
      Schema schema,
      Map<Integer, PartitionSpec> specs,
      String eventTime) {
    Matcher folder = FOLDER.matcher(file.location());
    Range micros = bounds(file, schema, eventTime);

    return new LiveFile(
        file,
        sequence,
        folder.matches() ? Optional.of(folder.group(1)) : Optional.empty(),
        date(file, specs),
        bounds(file, schema, EventColumns.PARTITION),
        bounds(file, schema, EventColumns.OFFSET),
        micros.equals(Range.ANY)
            ? Range.ANY
            : new Range(Math.floorDiv(micros.min(), 1000L), Math.floorDiv(micros.max(), 1000L)),
        hasRaw(file, schema));
  }

  private static boolean hasRaw(DataFile file, Schema schema) {
    int id = schema.findField(EventColumns.RAW).fieldId();
    Map<Integer, Long> nulls = file.nullValueCounts();
    return nulls == null || nulls.getOrDefault(id, 0L) < file.recordCount();
  }

  private static Optional<LocalDate> date(DataFile file, Map<Integer, PartitionSpec> specs) {
    PartitionSpec spec = specs.get(file.specId());
    boolean isByDate =
        spec.fields().size() == 1 && spec.fields().get(0).transform().toString().equals(DAY);
    return isByDate
        ? Optional.of(LocalDate.ofEpochDay(file.partition().get(0, Integer.class)))
        : Optional.empty();
  }

  private static Range bounds(DataFile file, Schema schema, String column) {
    int id = schema.findField(column).fieldId();
    Type type = schema.findType(id);
    Map<Integer, ByteBuffer> lower = file.lowerBounds();
    Map<Integer, ByteBuffer> upper = file.upperBounds();
    if (lower == null || upper == null || !lower.containsKey(id) || !upper.containsKey(id)) {
      return Range.ANY;
    }
    Number least = Conversions.fromByteBuffer(type, lower.get(id));
    Number greatest = Conversions.fromByteBuffer(type, upper.get(id));
    return new Range(least.longValue(), greatest.longValue());
  }

  /**
   * Whether its times are those of its events by a pinned schema. Columns tell it but for rows that
   * are decoded again, from the bytes that their producer sent.
   */
  public boolean timesAreSure(String fingerprint) {
    return pinned.equals(Optional.of(fingerprint)) || !hasRaw;
  }

  public String path() {
    return file.location();
  }

  public long rows() {
    return file.recordCount();
  }

  public long lengthBytes() {
    return file.fileSizeInBytes();
  }

  /** Its rows, with the columns that the file has, by the names that it has them by. */
  public CloseableIterable<Record> open(Configuration conf) throws IOException {
    InputFile input = HadoopInputFile.fromLocation(path(), conf);
    Schema columns = columns(conf);
    return Parquet.read(input)
        .project(columns)
        .createReaderFunc(type -> GenericParquetReaders.buildReader(columns, type))
        .build();
  }

  private Schema columns(Configuration conf) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            org.apache.parquet.hadoop.util.HadoopInputFile.fromPath(new Path(path()), conf))) {
      return ParquetSchemaUtil.convert(reader.getFileMetaData().getSchema());
    }
  }

  /**
   * Which rows of the file the horizon holds.
   *
   * @param sequenceOfHorizon files up to this number hold nothing behind it; -1 where it is not
   *     known
   */
  public Side side(Horizon horizon, long sequenceOfHorizon) {
    if (sequence <= sequenceOfHorizon) {
      return Side.BEFORE;
    }
    if (partitions.equals(Range.ANY) || offsets.equals(Range.ANY)) {
      return Side.EITHER;
    }

    IntStream of = IntStream.rangeClosed((int) partitions.min(), (int) partitions.max());
    long[] ends = of.mapToLong(p -> horizon.offsets().getOrDefault(p, 0L)).toArray();
    boolean before = true;
    boolean behind = true;
    for (long end : ends) {
      before &= offsets.max() < end;
      behind &= offsets.min() >= end;
    }
    return before ? Side.BEFORE : behind ? Side.BEHIND : Side.EITHER;
  }
}
