package dev.lambdastack.sandbox;

import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The master dataset of a topic, byte for byte.
 *
 * @param sha256 over the names and contents of all files, in the order of their names
 */
public record MasterHash(int files, long bytes, String sha256) {
  static MasterHash of(LambdaConfig config, String topic) throws IOException {
    Path root = new Path(config.master().folder(), topic);
    FileSystem fileSystem = root.getFileSystem(config.hadoop());

    Map<String, Path> files = new TreeMap<>();
    RemoteIterator<LocatedFileStatus> all = fileSystem.listFiles(root, true);
    while (all.hasNext()) {
      Path path = all.next().getPath();
      files.put(path.toUri().getPath(), path);
    }

    MessageDigest digest = newDigest();
    long bytes = 0;
    byte[] buffer = new byte[1 << 16];
    for (Map.Entry<String, Path> file : files.entrySet()) {
      digest.update(file.getKey().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      try (InputStream in = fileSystem.open(file.getValue())) {
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
