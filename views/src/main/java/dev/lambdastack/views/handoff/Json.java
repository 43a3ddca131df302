package dev.lambdastack.views.handoff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JSON that the published row is made of: fields in a fixed order, so that equal records have
 * equal bytes.
 */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Offsets by partition, ascending. */
  static ObjectNode offsets(Map<Integer, Long> offsets) {
    ObjectNode json = object();
    new TreeMap<>(offsets).forEach((partition, offset) -> json.put(partition.toString(), offset));
    return json;
  }

  static Map<Integer, Long> offsets(JsonNode json) {
    Map<Integer, Long> offsets = new TreeMap<>();
    json.fields()
        .forEachRemaining(e -> offsets.put(Integer.valueOf(e.getKey()), e.getValue().asLong()));
    return offsets;
  }
}
