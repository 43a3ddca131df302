package dev.lambdastack.batch.master;

import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotAncestryValidator;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;

/**
 * The records of a topic that are no events: a table {@code dead_letters.<topic>} beside that of
 * the events. A run's dead letters are first noted with its commit there, and then put into this
 * table; where a run was killed in between, the next one that looks does it.
 */
public final class DeadLetterTable {
  /** A record that is no event: its bytes, where it stood, and why. */
  public static final Schema COLUMNS =
      new Schema(
          NestedField.required(1, "partition", Types.IntegerType.get()),
          NestedField.required(2, "offset", Types.LongType.get()),
          NestedField.required(3, "append_time", Types.TimestampType.withZone()),
          NestedField.optional(4, "key", Types.BinaryType.get()),
          NestedField.optional(5, "value", Types.BinaryType.get()),
          NestedField.required(
              6,
              "headers",
              Types.ListType.ofRequired(
                  7,
                  Types.StructType.of(
                      NestedField.required(8, "name", Types.StringType.get()),
                      NestedField.optional(9, "value", Types.BinaryType.get())))),
          NestedField.required(10, "reason", Types.StringType.get()),
          NestedField.required(11, "detail", Types.StringType.get()));

  /** The number of the last archive run whose dead letters are here. */
  private static final String RUN = MasterTable.PREFIX + "run";

  private final MasterCatalog catalog;
  private final TableIdentifier id;

  private DeadLetterTable(MasterCatalog catalog, String topic) {
    this.catalog = catalog;
    this.id = catalog.deadLetters(topic);
  }

  /** That of a topic, which may have none; nothing is written. */
  public static DeadLetterTable open(LambdaConfig config, String topic) throws IOException {
    return new DeadLetterTable(MasterCatalog.open(config), topic);
  }

  static DeadLetterTable of(MasterCatalog catalog, String topic) {
    return new DeadLetterTable(catalog, topic);
  }

  Optional<Table> table() {
    try {
      return Optional.of(catalog.catalog().loadTable(id));
    } catch (NoSuchTableException none) {
      return Optional.empty();
    }
  }

  /** What tasks have to know to write files for the table, which the first ones make. */
  public TableLayout layout() throws IOException {
    return catalog.call(
        () -> {
          Optional<Table> there = table();
          return TableLayout.of(
              there.isPresent() ? there.get() : builder().createTransaction().table());
        });
  }

  private Catalog.TableBuilder builder() {
    return catalog
        .catalog()
        .buildTable(id, COLUMNS)
        .withPartitionSpec(PartitionSpec.unpartitioned())
        .withProperties(
            Map.of(
                TableProperties.FORMAT_VERSION,
                "2",
                TableProperties.PARQUET_COMPRESSION,
                "zstd",
                TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
                "true",
                TableProperties.COMMIT_NUM_RETRIES,
                "20"));
  }

  private Table ensure() {
    catalog.ensureNamespace(id.namespace());
    try {
      return table().orElseGet(() -> builder().create());
    } catch (AlreadyExistsException another) {
      return table().orElseThrow();
    }
  }

  /**
   * Adds the files of an archive run unless they are there.
   *
   * @param run its number; runs come in their order
   * @param files as {@link TableLayout#toJson(DataFile)} writes them
   */
  void add(long run, List<String> files) throws IOException {
    Table table = ensure();
    TableLayout layout = TableLayout.of(table);
    if (last(table) >= run) {
      return;
    }

    TableOperations state = ((HasTableOperations) table).operations();
    Transaction commit = table.newTransaction();
    AppendFiles append = commit.newAppend();
    for (String file : files) {
      append.appendFile(layout.file(file));
    }
    append.set(RUN, String.valueOf(run));
    append
        .validateWith(
            new SnapshotAncestryValidator() {
              @Override
              public boolean validate(Iterable<Snapshot> ancestors) {
                return Long.parseLong(state.current().property(RUN, "0")) < run;
              }
            })
        .commit();
    commit.updateProperties().set(RUN, String.valueOf(run)).commit();
    try {
      commit.commitTransaction();
    } catch (ValidationException another) {
      // Another process has added them.
    }
  }

  private static long last(Table table) {
    return Long.parseLong(table.properties().getOrDefault(RUN, "0"));
  }

  /** A file of dead letters, and how to read it. */
  public final class LetterFile {
    private final Table table;
    private final DataFile file;

    private LetterFile(Table table, DataFile file) {
      this.table = table;
      this.file = file;
    }

    public String path() {
      return file.location();
    }

    public long lengthBytes() {
      return file.fileSizeInBytes();
    }

    public long rows() {
      return file.recordCount();
    }

    private long first(String column) {
      NestedField field = table.schema().findField(column);
      ByteBuffer least =
          file.lowerBounds() == null ? null : file.lowerBounds().get(field.fieldId());
      Number value = least == null ? null : Conversions.fromByteBuffer(field.type(), least);
      return value == null ? 0 : value.longValue();
    }

    /** Its rows, as {@link #COLUMNS} names them. */
    public CloseableIterable<Record> open() {
      return Parquet.read(table.io().newInputFile(file))
          .project(table.schema())
          .createReaderFunc(type -> GenericParquetReaders.buildReader(table.schema(), type))
          .build();
    }
  }

  /**
   * The files that may have rows of which the filter holds, in the order of their offsets.
   *
   * @param filter over {@link #COLUMNS}
   */
  public List<LetterFile> files(Expression filter) throws IOException {
    return catalog.call(
        () -> {
          Optional<Table> table = table();
          List<LetterFile> files = new ArrayList<>();
          if (table.isPresent()) {
            try (CloseableIterable<FileScanTask> tasks =
                table.get().newScan().filter(filter).includeColumnStats().planFiles()) {
              tasks.forEach(task -> files.add(new LetterFile(table.get(), task.file())));
            }
          }
          files.sort(
              Comparator.comparingLong((LetterFile f) -> f.first("append_time"))
                  .thenComparingLong(f -> f.first("partition"))
                  .thenComparingLong(f -> f.first("offset")));
          return files;
        });
  }
}
