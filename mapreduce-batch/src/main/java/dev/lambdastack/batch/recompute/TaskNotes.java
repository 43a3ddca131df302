package dev.lambdastack.batch.recompute;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.views.InvalidInputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What the tasks of a pass tell its command in words, for which counters have no room: files in a
 * folder of the run.
 */
final class TaskNotes {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final FileSystem fileSystem;
  private final Path refusal;
  private final Path setAside;

  TaskNotes(Path folder, Configuration conf) throws IOException {
    this.fileSystem = folder.getFileSystem(conf);
    this.refusal = new Path(folder, "refusal");
    this.setAside = new Path(folder, "set-aside");
  }

  /** The pass cannot be done, for this reason; of several, one is told. */
  void refuse(String why) throws IOException {
    write(refusal, why.getBytes(StandardCharsets.UTF_8));
  }

  /** Throws what a task refused. */
  void throwRefusal(Exception failure) throws IOException {
    try (InputStream in = fileSystem.open(refusal)) {
      throw new InvalidInputException(
          new String(in.readAllBytes(), StandardCharsets.UTF_8), failure);
    } catch (FileNotFoundException none) {
      // No task refused anything.
    }
  }

  /**
   * For each view of the pass, where an event stands that it cannot take and why; empty for none.
   *
   * @param attempt of the task
   */
  void tellSetAside(String attempt, List<String> examples) throws IOException {
    if (examples.stream().anyMatch(e -> !e.isEmpty())) {
      write(new Path(setAside, attempt), MAPPER.writeValueAsBytes(examples));
    }
  }

  /**
   * One of those that tasks told, by the view's name.
   *
   * @param views of the pass, in its order
   */
  Map<String, String> setAside(List<String> views) throws IOException {
    Map<String, String> found = new HashMap<>();
    if (!fileSystem.exists(setAside)) {
      return found;
    }

    for (FileStatus file : fileSystem.listStatus(setAside)) {
      try (InputStream in = fileSystem.open(file.getPath())) {
        JsonNode examples = MAPPER.readTree(in);
        for (int view = 0; view < views.size(); view++) {
          String example = examples.get(view).asText();
          if (!example.isEmpty()) {
            found.putIfAbsent(views.get(view), example);
          }
        }
      }
    }

    return found;
  }

  private void write(Path file, byte[] bytes) throws IOException {
    try (OutputStream out = fileSystem.create(file, true)) {
      out.write(bytes);
    }
  }
}
