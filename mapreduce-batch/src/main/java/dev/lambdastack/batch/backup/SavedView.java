package dev.lambdastack.batch.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.handoff.Version;
import java.util.Optional;

/**
 * What answered for a view when it was backed up: the version alone. Speed cells are not in a
 * backup.
 *
 * @param lastVersion the greatest number that a version of the view was ever given
 * @param verdict what the gate found of the version, as JSON
 */
record SavedView(Version version, long lastVersion, Optional<String> verdict) {
  String name() {
    return version.shape().name();
  }

  ObjectNode json(ObjectMapper mapper) {
    ObjectNode json = mapper.createObjectNode();
    json.put("view", name());
    json.put("version", version.toJson());
    json.put("lastVersion", lastVersion);
    verdict.ifPresent(v -> json.put("verdict", v));
    return json;
  }

  static SavedView of(JsonNode json) {
    return new SavedView(
        Version.fromJson(json.required("version").textValue()),
        json.required("lastVersion").longValue(),
        Optional.ofNullable(json.get("verdict")).map(JsonNode::textValue));
  }
}
