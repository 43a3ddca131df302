package dev.lambdastack.sandbox;

import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * The events of a topic's master dataset, byte for byte.
 *
 * @param sha256 over the names and contents of the table's files, in the order of their names
 */
public record MasterHash(int files, long bytes, String sha256) {
  static MasterHash of(LambdaConfig config, String topic) throws IOException {
    Contents contents = MasterTable.open(config, topic).contents().orElseThrow();
    SortedSet<String> files = new TreeSet<>();
    contents.files().forEach(file -> files.add(file.path()));

    MessageDigest digest = newDigest();
    long bytes = 0;
    byte[] buffer = new byte[1 << 16];
    for (String file : files) {
      Path path = new Path(file);
      digest.update(path.toUri().getPath().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      try (InputStream in = path.getFileSystem(config.hadoop()).open(path)) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
          bytes += read;
        }
      }
    }

    return new MasterHash(files.size(), bytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
