package dev.lambdastack.batch.deadletters;

import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.DeadLetterTable;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.batch.master.PartitionRange;
import dev.lambdastack.views.InvalidInputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/** The dead letters of a topic, file by file as their table has them. */
final class DeadLetterFiles {
  /** Is given letters one by one. */
  @FunctionalInterface
  interface Visitor {
    void visit(DeadLetter letter) throws IOException;
  }

  private final MasterTable table;
  private final Configuration conf;

  DeadLetterFiles(MasterTable table, Configuration conf) {
    this.table = table;
    this.conf = conf;
  }

  /**
   * The archive's runs, the first one first; at least one.
   *
   * @throws InvalidInputException when nothing is archived
   */
  List<ArchiveRun> runs() throws IOException {
    List<ArchiveRun> runs = table.runs();
    if (runs.isEmpty()) {
      throw new InvalidInputException(
          "Topic %s has no dead letters: nothing of it is archived in %s; run lambda archive %s first, or check the name"
              .formatted(table.topic(), table.place(), table.topic()));
    }
    return runs;
  }

  /**
   * Visits the selected letters of these runs, in the order in which they were archived.
   *
   * @throws InvalidInputException when a file is not there, or not whole
   */
  void visit(List<ArchiveRun> runs, Selection selection, Visitor visitor) throws IOException {
    table.settleDeadLetters();
    for (DeadLetterTable.LetterFile file : table.deadLetters().files(selection.filter())) {
      checkWhole(file);
      try (CloseableIterable<Record> rows = file.open()) {
        for (Record row : rows) {
          DeadLetter letter = letter(runs, row);
          if (selection.has(letter)) {
            visitor.visit(letter);
          }
        }
      }
    }
  }

  private void checkWhole(DeadLetterTable.LetterFile file) throws IOException {
    Path path = new Path(file.path());
    String found;
    try {
      FileStatus status = path.getFileSystem(conf).getFileStatus(path);
      if (status.getLen() == file.lengthBytes()) {
        return;
      }
      found = String.format(Locale.ROOT, "one of %d bytes", status.getLen());
    } catch (FileNotFoundException e) {
      found = "none";
    }

    throw new InvalidInputException(
        String.format(
            Locale.ROOT,
            "Cannot read dead letters of topic %s: their table lists %s (expected a file of %d bytes, found %s); restore it from a backup",
            table.topic(),
            path,
            file.lengthBytes(),
            found));
  }

  private static DeadLetter letter(List<ArchiveRun> runs, Record row) {
    List<DeadLetter.Header> headers = new ArrayList<>();
    for (Object header : (List<?>) row.getField("headers")) {
      Record each = (Record) header;
      headers.add(
          new DeadLetter.Header((String) each.getField("name"), bytes(each.getField("value"))));
    }

    int partition = (Integer) row.getField("partition");
    long offset = (Long) row.getField("offset");
    return new DeadLetter(
        runOf(runs, partition, offset),
        partition,
        offset,
        ((OffsetDateTime) row.getField("append_time")).toInstant().toEpochMilli(),
        bytes(row.getField("key")),
        bytes(row.getField("value")),
        headers,
        (String) row.getField("reason"),
        (String) row.getField("detail"));
  }

  private static long runOf(List<ArchiveRun> runs, int partition, long offset) {
    for (ArchiveRun run : runs) {
      PartitionRange range = run.partitions().get(partition);
      if (range != null && offset < range.end()) {
        return run.number();
      }
    }
    return runs.size();
  }

  private static byte[] bytes(Object value) {
    if (value == null) {
      return null;
    }
    ByteBuffer buffer = ((ByteBuffer) value).duplicate();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
