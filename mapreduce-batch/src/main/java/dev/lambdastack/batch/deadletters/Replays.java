package dev.lambdastack.batch.deadletters;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.ExclusiveFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The record of a topic's replays.
 *
 * <pre>
 * &lt;master&gt;/&lt;topic&gt;/_replays/&lt;20-digit sequence&gt;.json       what a transaction is to produce
 * &lt;master&gt;/&lt;topic&gt;/_replays/&lt;20-digit sequence&gt;.done.json  that it was committed, and which before it were not
 * </pre>
 *
 * Both are written by a rename that fails when the name is taken.
 */
final class Replays {
  private static final String FOLDER = "_replays";
  private static final Pattern NAME = Pattern.compile("([0-9]{20})(\\.done)?\\.json");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final FileSystem fileSystem;
  private final FileContext context;
  private final Path folder;

  Replays(LambdaConfig config, String topic) throws IOException {
    Path master = new Path(config.master().folder());
    FileSystem fileSystem = master.getFileSystem(config.hadoop());
    Path root = fileSystem.makeQualified(master);
    this.fileSystem = fileSystem;
    this.context = FileContext.getFileContext(root.toUri(), config.hadoop());
    this.folder = new Path(root, topic + "/" + FOLDER);
  }

  /** Where an intent is, to be named to a person. */
  Path path(Intent intent) {
    return file(intent.sequence(), "");
  }

  private Path file(long sequence, String kind) {
    return new Path(folder, String.format(Locale.ROOT, "%020d%s.json", sequence, kind));
  }

  History read() throws IOException {
    List<Intent> intents = new ArrayList<>();
    Set<Long> done = new HashSet<>();
    Set<Long> undone = new HashSet<>();
    for (FileStatus file : list()) {
      Matcher name = NAME.matcher(file.getPath().getName());
      if (!name.matches()) {
        continue;
      }

      byte[] bytes;
      try (var in = fileSystem.open(file.getPath())) {
        bytes = in.readAllBytes();
      }

      try {
        if (name.group(2) == null) {
          intents.add(Intent.fromJson(bytes));
        } else {
          JsonNode json = MAPPER.readTree(bytes);
          json.required("undone").forEach(sequence -> undone.add(sequence.longValue()));
          done.add(Long.parseLong(name.group(1)));
        }
      } catch (IOException | IllegalArgumentException e) {
        throw new IOException("Cannot read " + file.getPath() + ": " + e.getMessage(), e);
      }
    }

    return new History(intents, done, undone);
  }

  private FileStatus[] list() throws IOException {
    try {
      return fileSystem.listStatus(folder);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  /** Announces a transaction; false when another run has announced one by this number. */
  boolean announce(Intent intent) throws IOException {
    return ExclusiveFile.write(context, file(intent.sequence(), ""), intent.toJson());
  }

  /**
   * Says that a transaction was committed.
   *
   * @param undone the numbers of those before it that never will be
   */
  void done(long sequence, Set<Long> undone) throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    var list = json.putArray("undone");
    undone.stream().sorted().forEach(list::add);
    ExclusiveFile.write(context, file(sequence, ".done"), MAPPER.writeValueAsBytes(json));
  }
}
