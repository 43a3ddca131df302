package dev.lambdastack.batch.deadletters;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one Kafka transaction of a replay is to produce: written before the transaction begins, so
 * that a run that is killed in it leaves word. This class owns its JSON, both ways.
 *
 * @param sequence counts from 1 in each topic
 * @param runId stands in a header of each record that the transaction produces
 * @param topicId Kafka's id of the topic
 * @param probePartition a partition that the transaction writes to
 * @param probeFrom no record of the transaction stands before this offset of it
 * @param letters offsets of the dead letters, by partition; at least one
 */
record Intent(
    long sequence,
    String runId,
    String topicId,
    Instant created,
    int probePartition,
    long probeFrom,
    SortedMap<Integer, List<Long>> letters) {
  private static final int LAYOUT = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  Intent {
    letters = Collections.unmodifiableSortedMap(new TreeMap<>(letters));
  }

  /** Offsets by partition. */
  static SortedMap<Integer, List<Long>> lettersOf(Collection<DeadLetter> letters) {
    SortedMap<Integer, List<Long>> offsets = new TreeMap<>();
    letters.forEach(
        l -> offsets.computeIfAbsent(l.partition(), p -> new ArrayList<>()).add(l.offset()));
    return offsets;
  }

  byte[] toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("layout", LAYOUT);
    json.put("sequence", sequence);
    json.put("runId", runId);
    json.put("topicId", topicId);
    json.put("created", created.toString());
    json.put("probePartition", probePartition);
    json.put("probeFrom", probeFrom);

    ObjectNode partitions = json.putObject("letters");
    letters.forEach(
        (partition, offsets) -> {
          ArrayNode list = partitions.putArray(partition.toString());
          offsets.forEach(list::add);
        });

    try {
      return (MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The intent in a file.
   *
   * @throws IllegalArgumentException when the bytes are none of this layout
   */
  static Intent fromJson(byte[] bytes) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      int layout = json.required("layout").intValue();
      if (layout != LAYOUT) {
        throw new IllegalArgumentException("layout " + layout + " (expected " + LAYOUT + ")");
      }

      SortedMap<Integer, List<Long>> letters = new TreeMap<>();
      json.required("letters")
          .properties()
          .forEach(
              e -> {
                List<Long> offsets = new ArrayList<>();
                e.getValue().forEach(o -> offsets.add(o.longValue()));
                letters.put(Integer.valueOf(e.getKey()), offsets);
              });

      return new Intent(
          json.required("sequence").longValue(),
          json.required("runId").textValue(),
          json.required("topicId").textValue(),
          Instant.parse(json.required("created").textValue()),
          json.required("probePartition").intValue(),
          json.required("probeFrom").longValue(),
          letters);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("no replay: " + e.getMessage(), e);
    }
  }
}
