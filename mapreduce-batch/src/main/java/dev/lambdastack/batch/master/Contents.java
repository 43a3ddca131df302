package dev.lambdastack.batch.master;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.LostOffsets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;

/**
 * What a topic's table holds at a snapshot.
 *
 * @param snapshot its id
 * @param runs of the archive, the first one first; at least one
 * @param schemas that files follow
 * @param files of the snapshot; their rows are the events before the horizon, each once
 */
public record Contents(
    long snapshot, List<ArchiveRun> runs, List<Schema> schemas, List<LiveFile> files) {
  public Contents {
    runs = List.copyOf(runs);
    schemas = List.copyOf(schemas);
    files = List.copyOf(files);
  }

  /**
   * Of a table as it was loaded.
   *
   * @param eventTime name of its column
   * @throws InvalidInputException when its rows are not those that were archived
   */
  static Contents of(Table table, List<ArchiveRun> runs, List<Schema> schemas, String eventTime)
      throws IOException {
    List<LiveFile> files =
        files(
            table,
            eventTime,
            path -> {
              throw new InvalidInputException(
                  "Cannot read table %s: rows of %s were deleted by another program; an archived event is never deleted: roll the table back"
                      .formatted(table.name(), path));
            });

    Contents contents = new Contents(table.currentSnapshot().snapshotId(), runs, schemas, files);
    long rows = files.stream().mapToLong(LiveFile::rows).sum();
    if (rows != contents.events()) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot read table %s: it has %d rows, where %d events were archived; another program has added or removed rows: roll the table back to a snapshot of lambda archive or lambda compact",
              table.name(),
              rows,
              contents.events()));
    }
    return contents;
  }

  /**
   * The files of a table's newest snapshot.
   *
   * @param hasDeletes is told the files of which rows were deleted
   */
  static List<LiveFile> files(Table table, String eventTime, Consumer<String> hasDeletes)
      throws IOException {
    List<LiveFile> files = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks =
        table
            .newScan()
            .includeColumnStats(
                List.of(eventTime, EventColumns.PARTITION, EventColumns.OFFSET, EventColumns.RAW))
            .planFiles()) {
      for (FileScanTask task : tasks) {
        if (!task.deletes().isEmpty()) {
          hasDeletes.accept(task.file().location());
        }
        files.add(LiveFile.of(task.file(), table.schema(), table.specs(), eventTime));
      }
    }
    return files;
  }

  /** What was there after the first of its runs; which files hold it is not told. */
  public Contents before(List<ArchiveRun> firstRuns) {
    return new Contents(snapshot, firstRuns, schemas, List.of());
  }

  /** The archive's newest run: it says where the next one starts, the horizon, the partitions. */
  public ArchiveRun archived() {
    return runs.get(runs.size() - 1);
  }

  /** The run of this number; empty where there is none. */
  public Optional<ArchiveRun> run(long number) {
    return number < 1 || number > runs.size()
        ? Optional.empty()
        : Optional.of(runs.get((int) number - 1));
  }

  /** Events that were archived. */
  public long events() {
    return runs.stream().mapToLong(r -> r.counts().events()).sum();
  }

  /** Offsets whose records retention had removed before they were archived. */
  public LostOffsets lost() {
    LostOffsets lost = LostOffsets.NONE;
    for (ArchiveRun run : runs) {
      for (Map.Entry<Integer, PartitionRange> partition : run.partitions().entrySet()) {
        PartitionRange range = partition.getValue();
        lost = lost.with(partition.getKey(), range.start(), range.readFrom());
      }
    }
    return lost;
  }

  /** Bytes of all files. */
  public long lengthBytes() {
    return files.stream().mapToLong(LiveFile::lengthBytes).sum();
  }

  /** Where a version that is computed from these files ends. */
  public Horizon horizon() {
    return archived().horizon();
  }
}
