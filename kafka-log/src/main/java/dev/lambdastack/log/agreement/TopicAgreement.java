package dev.lambdastack.log.agreement;

import dev.lambdastack.schemas.SchemaEdits;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.ExclusiveFile;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.handoff.Adoptions;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The partitions of a topic that both layers know, and from which log time on: files {@code
 * <master>/<topic>/_partitions/<Kafka's topic id>/<step>}, each step a whole {@link Adoptions}. The
 * next step is put by a rename that fails when its name is taken, so of two at once one wins and
 * the other takes over what it says. They lie beside the master dataset and not in HBase, so that
 * the archive needs HBase at no time. Safe for use by many processes at once.
 *
 * <p>Beside the steps lies {@code event-time-min}, the earliest event time that both layers take:
 * were it another one in each, the same record would be an event in one and none in the other. So
 * do {@code event-time}, the column, and {@code schema-<name>.v<number>}, what each version of the
 * event's schema was when a layer first read by it.
 */
public final class TopicAgreement {
  private static final String FOLDER = "_partitions";
  private static final String EVENT_TIME_MIN = "event-time-min";
  private static final String EVENT_TIME = "event-time";
  private static final String SCHEMA = "schema-";

  private final Path folder;
  private final FileContext files;
  private final String topic;
  private final Instant eventTimeMin;

  private TopicAgreement(Path folder, FileContext files, String topic, Instant eventTimeMin) {
    this.folder = folder;
    this.files = files;
    this.topic = topic;
    this.eventTimeMin = eventTimeMin;
  }

  /**
   * Of a topic; writes nothing.
   *
   * @throws LambdaException when the file system cannot be used
   */
  public static TopicAgreement of(LambdaConfig config, String topic, String topicId) {
    try {
      Path master = new Path(config.master().folder());
      Path qualified = master.getFileSystem(config.hadoop()).makeQualified(master);
      FileContext files = FileContext.getFileContext(qualified.toUri(), config.hadoop());
      return new TopicAgreement(
          new Path(new Path(new Path(qualified, topic), FOLDER), topicId),
          files,
          topic,
          config.log().eventTimeMin());
    } catch (IOException | IllegalArgumentException e) {
      throw FileSystemFault.of(
          "Cannot use lambda.master=%s: %s; check fs.defaultFS in core-site.xml and that HDFS runs"
              .formatted(config.master().folder(), LambdaException.rootMessage(e)),
          e);
    }
  }

  /**
   * The id of a topic of the same name that a layer has read, where none has read this one: the
   * topic was deleted and made again, or the master dataset came back beside another Kafka.
   */
  public Optional<String> another() throws IOException {
    if (last().isPresent()) {
      return Optional.empty();
    }

    try {
      return Arrays.stream(files.util().listStatus(folder.getParent()))
          .map(status -> status.getPath().getName())
          .filter(id -> !id.equals(folder.getName()))
          .findFirst();
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  private record Stored(int step, Adoptions adoptions) {}

  /** What is known; empty where neither layer has read the topic yet. */
  public Optional<Adoptions> read() throws IOException {
    return last().map(Stored::adoptions);
  }

  private Optional<Stored> last() throws IOException {
    FileStatus[] steps;
    try {
      steps = files.util().listStatus(folder);
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
    Optional<Path> last =
        Arrays.stream(steps)
            .map(FileStatus::getPath)
            .filter(p -> p.getName().matches("[0-9]+"))
            .max(Comparator.comparingInt(TopicAgreement::step));
    return last.isEmpty() ? Optional.empty() : Optional.of(read(last.get()));
  }

  private static int step(Path file) {
    return Integer.parseInt(file.getName());
  }

  private Stored read(Path file) throws IOException {
    try (FSDataInputStream in = files.open(file)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new Stored(step(file), Adoptions.parse(text));
    } catch (IllegalArgumentException e) {
      throw new IOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Sees to it that these partitions are known.
   *
   * @param atFirst those that count from their beginning, where nothing is known yet
   * @param now all that the topic has; those that are not known are adopted at {@code adoptedAt}
   * @return what is known now, by us or by who was first
   * @throws InvalidInputException when a layer has begun with another {@code lambda.event-time.min}
   */
  public Adoptions adopt(Set<Integer> atFirst, Set<Integer> now, Instant adoptedAt)
      throws IOException {
    agreeOnEventTimeMin();
    while (true) {
      Optional<Stored> last = last();
      Adoptions next =
          last.map(Stored::adoptions)
              .orElseGet(() -> Adoptions.atFirst(atFirst))
              .with(now, adoptedAt);
      if (last.isPresent() && last.get().adoptions().equals(next)) {
        return next;
      }
      if (put(String.valueOf(last.map(Stored::step).orElse(0) + 1), next.toText())) {
        return next;
      }
    }
  }

  /**
   * Sees to it that both layers, and each of their runs, mean one column when they say event time:
   * the times of archive runs are of that column.
   *
   * @throws InvalidInputException when a layer has begun with another column
   */
  public void agreeOnEventTime(String column) throws IOException {
    String found = agreed(EVENT_TIME, column);
    if (!found.equals(column)) {
      throw new InvalidInputException(
          "Cannot read topic %s by event time '%s': its archive and speed jobs began with '%s', which never changes; go back to '%s', or send the events to a new topic"
              .formatted(topic, column, found, found));
    }
  }

  /**
   * Sees to it that both layers, and each of their runs, read the bytes of a version of the event
   * alike: a version never changes.
   *
   * @throws InvalidInputException when a layer has begun with another schema of that version
   */
  public void agreeOnSchemas(SchemaStore schemas, EventType type) throws IOException {
    checkSchemas(schemas, type);
    for (SchemaVersion version : schemas.versions(type.schema().getFullName())) {
      check(version, agreed(schemaName(version), version.schema().toString()));
    }
  }

  /** As {@link #agreeOnSchemas}, and notes nothing. */
  public void checkSchemas(SchemaStore schemas, EventType type) throws IOException {
    for (SchemaVersion version : schemas.versions(type.schema().getFullName())) {
      Optional<String> found = noted(schemaName(version));
      if (found.isPresent()) {
        check(version, found.get());
      }
    }
  }

  private void check(SchemaVersion version, String noted) {
    SchemaEdits.check(topic, version, SchemaParser.parseSingle(noted));
  }

  private static String schemaName(SchemaVersion version) {
    return SCHEMA + version.fullName() + ".v" + version.version();
  }

  private Optional<String> noted(String name) throws IOException {
    try (FSDataInputStream in = files.open(new Path(folder, name))) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /** What stands under a name: ours, where we are the first. */
  private String agreed(String name, String ours) throws IOException {
    Optional<String> found = noted(name);
    if (found.isEmpty() && put(name, ours)) {
      return ours;
    }
    return found.isPresent() ? found.get() : noted(name).orElseThrow();
  }

  private void agreeOnEventTimeMin() throws IOException {
    String found = agreed(EVENT_TIME_MIN, eventTimeMin.toString());
    if (!found.equals(eventTimeMin.toString())) {
      throw new InvalidInputException(
          "Cannot read topic %s with lambda.event-time.min=%s: its archive and speed jobs began with %s, which never changes, so that both layers take the same events; set lambda.event-time.min=%s"
              .formatted(topic, eventTimeMin, found, found));
    }
  }

  /** False when the name is taken by another text. */
  private boolean put(String name, String text) {
    try {
      return ExclusiveFile.write(
          files, new Path(folder, name), text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw FileSystemFault.of(
          "Cannot note what both layers go by in %s: %s; the archive and the speed job must be allowed to write there"
              .formatted(folder, LambdaException.rootMessage(e)),
          e);
    }
  }
}
