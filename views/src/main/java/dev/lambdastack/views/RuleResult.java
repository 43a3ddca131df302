package dev.lambdastack.views;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a version was found to be by one rule of its view.
 *
 * @param rule as {@link Rule#text} said it then
 * @param checked events or rows that were looked at
 * @param counted of a share: events that met its condition; of a rule of rows: rows that broke it
 * @param met whether the rule holds
 * @param examples some of the rows that broke it
 */
public record RuleResult(
    String rule, long checked, long counted, boolean met, List<String> examples) {
  public RuleResult {
    examples = List.copyOf(examples);
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("rule", rule);
    json.put("checked", checked);
    json.put("counted", counted);
    json.put("met", met);
    if (!examples.isEmpty()) {
      ArrayNode array = json.putArray("examples");
      examples.forEach(array::add);
    }
    return json;
  }

  static RuleResult of(JsonNode json) {
    List<String> examples = new ArrayList<>();
    json.path("examples").forEach(e -> examples.add(e.asText()));
    return new RuleResult(
        json.get("rule").asText(),
        json.get("checked").asLong(),
        json.get("counted").asLong(),
        json.get("met").asBoolean(),
        examples);
  }
}
