package dev.lambdastack.sandbox;

import static dev.lambdastack.sandbox.Screen.count;

import dev.lambdastack.batch.archive.ArchiveResult;
import java.util.List;

/** What a run of the batch layer did. */
public record BatchRun(ArchiveResult archived) {
  /** The same for a person. */
  public List<String> lines() {
    return List.of(
        "archive    %s events into %s Parquet files of %.1f MB in %.1f s; %s ticks passed over, %s dead letters"
            .formatted(
                count(archived.events()),
                count(archived.files()),
                archived.bytes() / 1e6,
                archived.duration().toMillis() / 1000.0,
                count(archived.ticks()),
                count(archived.deadLetters())));
  }
}
