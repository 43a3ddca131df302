package dev.lambdastack.batch.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.batch.master.TableLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;

/**
 * What a committed task attempt has done: the only thing that names files.
 *
 * @param read committed records in the range
 * @param rejected how many for each reason
 * @param refusal why the topic cannot be archived at all, as one line; then nothing else counts
 */
record TaskReport(
    int partition,
    long start,
    long end,
    long read,
    long ticks,
    Map<String, Long> rejected,
    List<DataFile> files,
    List<DataFile> deadLetters,
    Optional<String> refusal) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  TaskReport {
    rejected = Map.copyOf(rejected);
    files = List.copyOf(files);
    deadLetters = List.copyOf(deadLetters);
  }

  static TaskReport refused(OffsetRange range, String why) {
    return new TaskReport(
        range.partition(),
        range.start(),
        range.end(),
        0,
        0,
        Map.of(),
        List.of(),
        List.of(),
        Optional.of(why));
  }

  /** For {@link #fromJson} with the same layouts. */
  byte[] toJson(TableLayout events, TableLayout dead) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("partition", partition);
    json.put("start", start);
    json.put("end", end);
    json.put("read", read);
    json.put("ticks", ticks);

    ObjectNode reasons = json.putObject("rejected");
    new TreeMap<>(rejected).forEach(reasons::put);
    ArrayNode list = json.putArray("files");
    files.forEach(f -> list.add(events.toJson(f)));
    ArrayNode deadList = json.putArray("deadLetterFiles");
    deadLetters.forEach(f -> deadList.add(dead.toJson(f)));

    refusal.ifPresent(r -> json.put("refusal", r));
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  static TaskReport fromJson(byte[] bytes, TableLayout events, TableLayout dead)
      throws IOException {
    JsonNode json = MAPPER.readTree(bytes);
    Map<String, Long> rejected = new TreeMap<>();
    json.required("rejected")
        .properties()
        .forEach(e -> rejected.put(e.getKey(), e.getValue().longValue()));
    List<DataFile> files = new ArrayList<>();
    for (JsonNode file : json.required("files")) {
      files.add(events.file(file.textValue()));
    }
    List<DataFile> deadLetters = new ArrayList<>();
    for (JsonNode file : json.required("deadLetterFiles")) {
      deadLetters.add(dead.file(file.textValue()));
    }

    return new TaskReport(
        json.required("partition").intValue(),
        json.required("start").longValue(),
        json.required("end").longValue(),
        json.required("read").longValue(),
        json.required("ticks").longValue(),
        rejected,
        files,
        deadLetters,
        Optional.ofNullable(json.get("refusal")).map(JsonNode::textValue));
  }
}
