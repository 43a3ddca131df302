package dev.lambdastack.serving.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.time.Instant;

/**
 * That a speed job fails and begins again, without a checkpoint between.
 *
 * @param times since the job was started
 * @param last when it failed last
 * @param because the message at the root of that failure
 */
public record Failing(long times, Instant last, String because) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  String toJson() {
    return MAPPER
        .createObjectNode()
        .put("times", times)
        .put("last", last.toString())
        .put("because", because)
        .toString();
  }

  static Failing fromJson(String json) {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("Cannot read " + json, e);
    }
    return new Failing(
        node.path("times").asLong(),
        Instant.parse(node.path("last").asText()),
        node.path("because").asText());
  }
}
