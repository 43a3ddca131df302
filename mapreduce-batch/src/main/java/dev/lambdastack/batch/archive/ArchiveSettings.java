package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.JobKeys;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.conf.Configuration;

/**
 * What a job tells its tasks, in its configuration.
 *
 * @param events where and how files of events are written
 * @param deadLetters of records that are none
 * @param fromEpoch for file names
 */
record ArchiveSettings(
    EventType type,
    SchemaStore schemas,
    TableLayout events,
    TableLayout deadLetters,
    String runId,
    long fromEpoch,
    List<OffsetRange> ranges) {
  private static final String PREFIX = JobKeys.PREFIX + "archive.";
  private static final String TOPIC = PREFIX + "topic";
  private static final String SCHEMA = PREFIX + "schema";
  private static final String EVENT_TIME = PREFIX + "event-time";
  private static final String PARTITION_KEY = PREFIX + "partition-key";
  private static final String SCHEMAS = PREFIX + "schemas";
  private static final String EVENTS = PREFIX + "events";
  private static final String DEAD_LETTERS = PREFIX + "dead-letters";
  private static final String RUN = PREFIX + "run";
  private static final String FROM_EPOCH = PREFIX + "from-epoch";
  private static final String RANGES = PREFIX + "ranges";

  void writeTo(Configuration conf) {
    conf.set(TOPIC, type.topic());
    conf.set(SCHEMA, type.schema().toString());
    conf.set(EVENT_TIME, type.eventTime());
    conf.set(PARTITION_KEY, type.partitionKey());
    conf.set(SCHEMAS, schemas.toJson());
    conf.set(EVENTS, events.toJson());
    conf.set(DEAD_LETTERS, deadLetters.toJson());
    conf.set(RUN, runId);
    conf.setLong(FROM_EPOCH, fromEpoch);

    List<String> texts =
        ranges.stream()
            .map(r -> r.partition() + ":" + r.start() + ":" + r.end() + ":" + r.leaderEpoch())
            .toList();
    conf.setStrings(RANGES, texts.toArray(String[]::new));
  }

  static ArchiveSettings readFrom(Configuration conf) throws IOException {
    List<OffsetRange> ranges = new ArrayList<>();
    for (String text : conf.getStrings(RANGES)) {
      String[] parts = text.split(":", -1);
      ranges.add(
          new OffsetRange(
              Integer.parseInt(parts[0]),
              Long.parseLong(parts[1]),
              Long.parseLong(parts[2]),
              Integer.parseInt(parts[3])));
    }

    return new ArchiveSettings(
        EventType.of(
            conf.get(TOPIC),
            SchemaParser.parseSingle(conf.getRaw(SCHEMA)),
            conf.get(EVENT_TIME),
            conf.get(PARTITION_KEY)),
        SchemaStore.fromJson(conf.getRaw(SCHEMAS)),
        TableLayout.fromJson(conf.getRaw(EVENTS)),
        TableLayout.fromJson(conf.getRaw(DEAD_LETTERS)),
        conf.get(RUN),
        conf.getLong(FROM_EPOCH, 0),
        ranges);
  }
}
