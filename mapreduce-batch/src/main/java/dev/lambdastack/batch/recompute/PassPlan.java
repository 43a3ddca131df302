package dev.lambdastack.batch.recompute;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.schemas.SchemaStore;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What one pass over a topic's files computes, as its tasks are told. Its JSON is a file in the
 * run's folder. Reducers are the regions of all views' tables, one view after the other.
 *
 * @param schemaStore as {@link SchemaStore#toJson} writes it
 * @param eventTimeMin the earliest event time that is taken, as the archive runs say
 * @param cellTimestamp of every cell, in milliseconds
 * @param before by partition, the first offset that is not counted; empty where the files hold no
 *     such rows
 */
record PassPlan(
    String runId,
    String topic,
    String schemaStore,
    Instant eventTimeMin,
    long cellTimestamp,
    Optional<Map<Integer, Long>> before,
    List<ViewPlan> views) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  PassPlan {
    views = List.copyOf(views);
  }

  /**
   * One view's part.
   *
   * @param regionStarts the first row key of each region of its table; the first one's is empty
   * @param increment empty where all rows count
   */
  record ViewPlan(
      String name, String fingerprint, List<byte[]> regionStarts, Optional<Increment> increment) {}

  /**
   * What is computed of a view whose table begins as a copy of an older version's.
   *
   * @param base by partition, the first offset that the older version does not hold
   * @param touched the windows that have rows which it does not hold
   */
  record Increment(Map<Integer, Long> base, TimeRanges touched) {
    boolean isOld(int partition, long offset) {
      return offset < base.getOrDefault(partition, 0L);
    }
  }

  /** Reducers of all views together. */
  int reducers() {
    return views.stream().mapToInt(v -> v.regionStarts().size()).sum();
  }

  /** The view whose region a reducer writes. */
  int viewOfReducer(int reducer) {
    int left = reducer;
    for (int view = 0; view < views.size(); view++) {
      left -= views.get(view).regionStarts().size();
      if (left < 0) {
        return view;
      }
    }
    throw new IllegalArgumentException("reducer " + reducer + " of " + reducers());
  }

  /** The times that any view looks at; empty for all times. */
  Optional<TimeRanges> times() {
    if (views.stream().anyMatch(v -> v.increment().isEmpty())) {
      return Optional.empty();
    }
    return views.stream().map(v -> v.increment().get().touched()).reduce(TimeRanges::and);
  }

  /** Whether tasks must know where each row stands in the log. */
  boolean needsCoordinates() {
    return before.isPresent() || views.stream().anyMatch(v -> v.increment().isPresent());
  }

  byte[] toJson() throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("run", runId);
    json.put("topic", topic);
    json.put("schemas", schemaStore);
    json.put("eventTimeMin", eventTimeMin.toString());
    json.put("cellTimestamp", cellTimestamp);
    before.ifPresent(b -> json.set("before", offsets(b)));

    ArrayNode array = json.putArray("views");
    for (ViewPlan view : views) {
      ObjectNode node = array.addObject();
      node.put("name", view.name());
      node.put("fingerprint", view.fingerprint());

      ArrayNode starts = node.putArray("regionStarts");
      view.regionStarts().forEach(s -> starts.add(HexFormat.of().formatHex(s)));
      view.increment()
          .ifPresent(
              increment -> {
                node.set("base", offsets(increment.base()));
                ArrayNode touched = node.putArray("touched");
                for (long time : increment.touched().startsAndEnds()) {
                  touched.add(time);
                }
              });
    }

    return MAPPER.writeValueAsBytes(json);
  }

  static PassPlan fromJson(byte[] bytes) throws IOException {
    JsonNode json = MAPPER.readTree(bytes);
    List<ViewPlan> views = new ArrayList<>();
    for (JsonNode node : json.required("views")) {
      List<byte[]> starts = new ArrayList<>();
      node.required("regionStarts")
          .forEach(s -> starts.add(HexFormat.of().parseHex(s.textValue())));

      views.add(
          new ViewPlan(
              node.required("name").textValue(),
              node.required("fingerprint").textValue(),
              starts,
              Optional.ofNullable(node.get("base"))
                  .map(base -> new Increment(offsets(base), touched(node)))));
    }

    return new PassPlan(
        json.required("run").textValue(),
        json.required("topic").textValue(),
        json.required("schemas").textValue(),
        Instant.parse(json.required("eventTimeMin").textValue()),
        json.required("cellTimestamp").longValue(),
        Optional.ofNullable(json.get("before")).map(PassPlan::offsets),
        views);
  }

  private static TimeRanges touched(JsonNode view) {
    JsonNode times = view.required("touched");
    long[] startsAndEnds = new long[times.size()];
    for (int i = 0; i < startsAndEnds.length; i++) {
      startsAndEnds[i] = times.get(i).longValue();
    }
    return TimeRanges.of(startsAndEnds);
  }

  private static ObjectNode offsets(Map<Integer, Long> offsets) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    new TreeMap<>(offsets).forEach((partition, offset) -> json.put(partition.toString(), offset));
    return json;
  }

  private static Map<Integer, Long> offsets(JsonNode json) {
    Map<Integer, Long> offsets = new TreeMap<>();
    json.properties()
        .forEach(e -> offsets.put(Integer.valueOf(e.getKey()), e.getValue().longValue()));
    return offsets;
  }
}
