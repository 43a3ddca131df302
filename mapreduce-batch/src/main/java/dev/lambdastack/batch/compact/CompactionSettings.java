package dev.lambdastack.batch.compact;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.batch.master.TableLayout;
import dev.lambdastack.settings.JobKeys;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;

/**
 * What a job tells its tasks, in its configuration.
 *
 * @param columns of the files that are read, and of those that are written
 * @param pinned CRC-64-AVRO, in hex, of the pinned schema that they follow
 * @param eventTime the event time's column
 * @param folder where files are written
 * @param targetBytes of a file that is written, about
 * @param splits paths of the files that each task reads
 */
record CompactionSettings(
    TableLayout layout,
    Schema columns,
    String pinned,
    String eventTime,
    String folder,
    long targetBytes,
    List<List<String>> splits) {
  private static final String PREFIX = JobKeys.PREFIX + "compact.";
  private static final String LAYOUT = PREFIX + "layout";
  private static final String COLUMNS = PREFIX + "columns";
  private static final String PINNED = PREFIX + "pinned";
  private static final String EVENT_TIME = PREFIX + "event-time";
  private static final String FOLDER = PREFIX + "folder";
  private static final String SPLITS = PREFIX + "splits";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Bytes of a file; unset: as {@code lambda.compact.target} says. */
  static final String TARGET = PREFIX + "target";

  void writeTo(Configuration conf) {
    conf.set(LAYOUT, layout.toJson());
    conf.set(COLUMNS, SchemaParser.toJson(columns));
    conf.set(PINNED, pinned);
    conf.set(EVENT_TIME, eventTime);
    conf.set(FOLDER, folder);
    conf.setLong(TARGET, targetBytes);
    try {
      conf.set(SPLITS, MAPPER.writeValueAsString(splits));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static CompactionSettings readFrom(Configuration conf) throws IOException {
    return new CompactionSettings(
        TableLayout.fromJson(conf.getRaw(LAYOUT)),
        SchemaParser.fromJson(conf.getRaw(COLUMNS)),
        conf.get(PINNED),
        conf.get(EVENT_TIME),
        conf.get(FOLDER),
        conf.getLong(TARGET, 0),
        Arrays.stream(MAPPER.readValue(conf.getRaw(SPLITS), String[][].class))
            .map(List::of)
            .toList());
  }
}
