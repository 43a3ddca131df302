package dev.lambdastack.sandbox;

import static dev.lambdastack.sandbox.Screen.count;

import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a run of the batch layer did.
 *
 * @param versions one for each view
 * @param recomputing how long all of them took
 * @param flips one for each view
 */
public record BatchRun(
    ArchiveResult archived, List<Version> versions, Duration recomputing, List<Flip> flips) {
  public BatchRun {
    versions = List.copyOf(versions);
    flips = List.copyOf(flips);
  }

  /** The same for a person. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "archive    %s events from Kafka into %s Parquet files on HDFS, %.1f MB, in %s; %s ticks passed over, %s dead letters",
            count(archived.events()),
            count(archived.files()),
            archived.bytes() / 1e6,
            seconds(archived.duration()),
            count(archived.ticks()),
            count(archived.deadLetters())));

    lines.add(
        "recompute  %s from %s events, in %s"
            .formatted(
                versions.stream()
                    .map(
                        v ->
                            String.format(
                                Locale.ROOT,
                                "%s version %d (%s rows)",
                                v.shape().name(),
                                v.number(),
                                count(v.rows())))
                    .collect(Collectors.joining(", ")),
                count(versions.get(0).events()),
                seconds(recomputing)));

    Version last = versions.get(versions.size() - 1);
    lines.add(
        "publish    the horizon is %s: what Kafka took before is batch's, what it took since is speed's"
            .formatted(Answers.SECOND.format(last.horizon().instant(last.epochLength()))));

    return lines;
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
