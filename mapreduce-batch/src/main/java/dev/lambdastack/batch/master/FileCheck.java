package dev.lambdastack.batch.master;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** Whether a file is as a manifest says; each check gives the problem, for people, or nothing. */
public final class FileCheck {
  private static final int BUFFER_BYTES = 1 << 20;

  private FileCheck() {}

  /** That the file is there and has this length. */
  public static Optional<String> ofLength(MasterDataset dataset, String path, long lengthBytes)
      throws IOException {
    try {
      long found = dataset.fileSystem().getFileStatus(dataset.resolve(path)).getLen();
      return found == lengthBytes
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "file %s has %d bytes, its manifest says %d",
                  path,
                  found,
                  lengthBytes));
    } catch (FileNotFoundException e) {
      return Optional.of("file " + path + " is missing");
    }
  }

  /** {@link #ofLength}, and that its bytes are those that were written; reads all of it. */
  public static Optional<String> ofBytes(
      MasterDataset dataset, String path, long lengthBytes, String sha256) throws IOException {
    Optional<String> length = ofLength(dataset, path, lengthBytes);
    if (length.isPresent()) {
      return length;
    }

    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }

    byte[] buffer = new byte[BUFFER_BYTES];
    try (FSDataInputStream in = dataset.fileSystem().open(dataset.resolve(path));
        DigestInputStream digesting = new DigestInputStream(in, digest)) {
      while (digesting.read(buffer) >= 0) {
        // all of it goes through the digest
      }
    } catch (IOException e) {
      return Optional.of("file %s cannot be read: %s".formatted(path, firstLine(e)));
    }

    String found = HexFormat.of().formatHex(digest.digest());
    return found.equals(sha256)
        ? Optional.empty()
        : Optional.of(
            "file %s is not what was written (SHA-256 expected %s, found %s)"
                .formatted(path, sha256, found));
  }

  /** That its footer can be read and counts so many rows. */
  public static Optional<String> ofRows(MasterDataset dataset, String path, long rows) {
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(dataset.resolve(path), dataset.fileSystem().getConf()))) {
      long found = reader.getRecordCount();
      return found == rows
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT, "file %s has %d rows, its manifest says %d", path, found, rows));
    } catch (IOException | RuntimeException e) {
      return Optional.of("the footer of file %s cannot be read: %s".formatted(path, firstLine(e)));
    }
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
