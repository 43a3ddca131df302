package dev.lambdastack.views.handoff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.ViewShape;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One speed table of a view, filled by one unbroken life of one declaration.
 *
 * @param number counts from 1 in each view
 * @param table its HBase table
 * @param life the life of the speed job that fills it, as the job's checkpoints name it
 * @param coverage number of the first epoch from which its cells are whole; 0 when it began at the
 *     very start of the log
 * @param firstEpoch no cell belongs to an earlier epoch
 * @param startOffsets where it began to read, inclusive; all partitions of the topic
 * @param retention how long HBase keeps a cell, counted from the end of its epoch
 */
public record Generation(
    long number,
    String table,
    String fingerprint,
    ViewShape shape,
    String life,
    long coverage,
    long firstEpoch,
    Map<Integer, Long> startOffsets,
    Duration epochLength,
    Duration retention,
    Instant opened) {

  public Generation {
    startOffsets = Collections.unmodifiableMap(new TreeMap<>(startOffsets));
  }

  public String toJson() {
    return json().toString();
  }

  public static Generation fromJson(String json) {
    return of(Json.parse(json));
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("number", number);
    json.put("table", table);
    json.put("fingerprint", fingerprint);
    json.set("shape", shape.toJson());

    json.put("life", life);
    json.put("coverage", coverage);
    json.put("firstEpoch", firstEpoch);
    json.set("startOffsets", Json.offsets(startOffsets));

    json.put("epochMillis", epochLength.toMillis());
    json.put("retentionMillis", retention.toMillis());
    json.put("opened", opened.toString());
    return json;
  }

  static Generation of(JsonNode json) {
    return new Generation(
        json.get("number").asLong(),
        json.get("table").asText(),
        json.get("fingerprint").asText(),
        ViewShape.fromJson(json.get("shape")),
        json.get("life").asText(),
        json.get("coverage").asLong(),
        json.get("firstEpoch").asLong(),
        Json.offsets(json.get("startOffsets")),
        Duration.ofMillis(json.get("epochMillis").asLong()),
        Duration.ofMillis(json.get("retentionMillis").asLong()),
        Instant.parse(json.get("opened").asText()));
  }
}
