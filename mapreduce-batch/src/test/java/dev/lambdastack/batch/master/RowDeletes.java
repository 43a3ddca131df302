package dev.lambdastack.batch.master;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.io.OutputFileFactory;

/** What another program writes that deletes rows of a table. */
final class RowDeletes {
  private RowDeletes() {}

  /** A deletion vector that has one row of a file. */
  static DeleteFile of(Table table, DataFile file, long position) {
    OutputFileFactory files =
        OutputFileFactory.builderFor(table, 1, 1).format(FileFormat.PUFFIN).build();
    DVFileWriter writer = new BaseDVFileWriter(files, path -> null);
    PartitionSpec spec = table.specs().get(file.specId());
    try (writer) {
      writer.delete(file.location(), position, spec, file.partition());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.result().deleteFiles().get(0);
  }
}
