package dev.lambdastack.batch.compact;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.settings.JobKeys;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.conf.Configuration;

/**
 * What a job tells its tasks, in its configuration.
 *
 * @param schema of all columns of the files, as {@link FileSchema#of} makes it
 * @param eventTime the event time's column
 * @param targetBytes of a file that is written, about
 * @param splits paths of the files that each task reads
 */
record CompactionSettings(
    String topic,
    Schema schema,
    String eventTime,
    String runId,
    long targetBytes,
    List<List<String>> splits) {
  private static final String PREFIX = JobKeys.PREFIX + "compact.";
  private static final String TOPIC = PREFIX + "topic";
  private static final String SCHEMA = PREFIX + "schema";
  private static final String EVENT_TIME = PREFIX + "event-time";
  private static final String RUN = PREFIX + "run";
  private static final String SPLITS = PREFIX + "splits";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Bytes of a file; unset: as {@code lambda.compact.target} says. */
  static final String TARGET = PREFIX + "target";

  void writeTo(Configuration conf) {
    conf.set(TOPIC, topic);
    conf.set(SCHEMA, schema.toString());
    conf.set(EVENT_TIME, eventTime);
    conf.set(RUN, runId);
    conf.setLong(TARGET, targetBytes);
    try {
      conf.set(SPLITS, MAPPER.writeValueAsString(splits));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static CompactionSettings readFrom(Configuration conf) {
    try {
      return new CompactionSettings(
          conf.get(TOPIC),
          SchemaParser.parseSingle(conf.getRaw(SCHEMA)),
          conf.get(EVENT_TIME),
          conf.get(RUN),
          conf.getLong(TARGET, 0),
          Arrays.stream(MAPPER.readValue(conf.getRaw(SPLITS), String[][].class))
              .map(List::of)
              .toList());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
