package dev.lambdastack.batch.master;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * What a compaction changed: files of one schema that hold, together, exactly the rows of the files
 * that they supersede. It takes no epochs and reads nothing from the log, so the horizon stays.
 *
 * @param superseded paths of files that are in the dataset before and no longer after it
 */
public record CompactionManifest(
    long sequence,
    String topic,
    Optional<String> previous,
    String runId,
    Schema schema,
    List<DataFile> files,
    List<String> superseded,
    Instant created)
    implements Manifest {
  public CompactionManifest {
    files = List.copyOf(files);
    superseded = List.copyOf(superseded);
    if (sequence < 2 || previous.isEmpty() || superseded.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "compaction manifest %d that supersedes %d files",
              sequence,
              superseded.size()));
    }
  }

  @Override
  public CompactionManifest at(long newSequence, Optional<String> newPrevious) {
    return new CompactionManifest(
        newSequence, topic, newPrevious, runId, schema, files, superseded, created);
  }
}
