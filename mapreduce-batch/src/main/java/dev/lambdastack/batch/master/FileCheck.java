package dev.lambdastack.batch.master;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetInputFormat;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** Whether a file is as its table says; each check gives the problem, for people, or nothing. */
public final class FileCheck {
  private FileCheck() {}

  /** A configuration by which readers compare each page of a file with its checksum. */
  public static Configuration withChecksums(Configuration conf) {
    Configuration copy = new Configuration(conf);
    copy.setBoolean(ParquetInputFormat.PAGE_VERIFY_CHECKSUM_ENABLED, true);
    return copy;
  }

  /** That the file is there and has this length. */
  public static Optional<String> ofLength(Configuration conf, String path, long lengthBytes)
      throws IOException {
    Path file = new Path(path);
    try {
      long found = file.getFileSystem(conf).getFileStatus(file).getLen();
      return found == lengthBytes
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "file %s has %d bytes, its table says %d",
                  path,
                  found,
                  lengthBytes));
    } catch (FileNotFoundException e) {
      return Optional.of("file " + path + " is missing");
    }
  }

  /** That its footer can be read and counts so many rows. */
  public static Optional<String> ofRows(Configuration conf, String path, long rows) {
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(new Path(path), conf))) {
      long found = reader.getRecordCount();
      return found == rows
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT, "file %s has %d rows, its table says %d", path, found, rows));
    } catch (IOException | RuntimeException e) {
      return Optional.of("the footer of file %s cannot be read: %s".formatted(path, firstLine(e)));
    }
  }

  /** {@link #ofRows}, and that every page is what was written; reads all of the file. */
  public static Optional<String> ofPages(Configuration conf, String path, long rows) {
    Optional<String> footer = ofRows(conf, path, rows);
    if (footer.isPresent()) {
      return footer;
    }

    Path file = new Path(path);
    Configuration checking = withChecksums(conf);
    // By itself a reader takes no options from the configuration.
    ParquetReadOptions options = HadoopReadOptions.builder(checking, file).build();
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(file, checking), options)) {
      while (reader.readNextRowGroup() != null) {
        // Reading a page compares it with its checksum.
      }
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.of("file %s is not what was written: %s".formatted(path, firstLine(e)));
    }
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
