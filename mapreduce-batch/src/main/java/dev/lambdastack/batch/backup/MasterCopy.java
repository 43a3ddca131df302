package dev.lambdastack.batch.backup;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.tools.DistCp;
import org.apache.hadoop.tools.DistCpOptions;
import org.apache.hadoop.tools.DistCpOptions.FileAttribute;

/**
 * Copies a master folder by DistCp. Files of events never change, so what is there already with the
 * same length is not copied again. The metadata of tables comes after all that it names: whatever
 * ends a copy, each table in it has its files.
 */
final class MasterCopy {
  /** Drafts of writers. */
  private static final List<String> NEVER = List.of(".*/\\.[^/]*\\.draft");

  private static final List<String> LAST = List.of(".*/metadata(/.*)?");

  private MasterCopy() {}

  /**
   * Copies what {@code from} holds.
   *
   * @param from with its file system
   * @param without topics that are left out
   * @param verifies whether both sides are HDFS, whose checksums can be compared; else lengths are,
   *     and `lambda audit --deep` tells the rest
   */
  static void run(Configuration conf, Path from, Path to, boolean verifies, Set<String> without)
      throws IOException {
    List<String> never =
        Stream.concat(
                NEVER.stream(),
                without.stream()
                    .map(
                        topic ->
                            Pattern.quote(from + "/")
                                + "([a-z_]+/)?"
                                + Pattern.quote(topic)
                                + "(/.*)?"))
            .toList();
    copy(conf, from, to, verifies, Stream.concat(never.stream(), LAST.stream()).toList());
    copy(conf, from, to, verifies, never);
  }

  private static void copy(
      Configuration conf, Path from, Path to, boolean verifies, List<String> without)
      throws IOException {
    java.nio.file.Path filters = Files.createTempFile("lambda-backup", ".filters");
    try {
      Files.write(filters, without, StandardCharsets.UTF_8);
      DistCpOptions.Builder options =
          new DistCpOptions.Builder(List.of(from), to)
              .withSyncFolder(true)
              .withFiltersFile(filters.toString());
      if (verifies) {
        // Checksums of files with blocks of other sizes differ.
        options.preserve(FileAttribute.BLOCKSIZE);
      } else {
        options.withSkipCRC(true);
      }
      new DistCp(new Configuration(conf), options.build()).execute();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the master dataset was copied");
    } catch (Exception e) {
      throw new IOException("Cannot copy " + from + " to " + to, e);
    } finally {
      Files.deleteIfExists(filters);
    }
  }
}
