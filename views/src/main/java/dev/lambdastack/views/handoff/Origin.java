package dev.lambdastack.views.handoff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.RuleResult;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The provenance of a version: who computed it, how, and what its data-quality rules found.
 *
 * @param user who ran the recompute
 * @param duration from the start of the recompute until the table was complete and checked, in
 *     whole milliseconds
 * @param rules the results of the view's rules, in declared order
 * @param base number of the version whose table an incremental recompute cloned; empty for a full
 *     recompute and for a version that does not record it
 */
public record Origin(String user, Duration duration, List<RuleResult> rules, OptionalLong base) {
  public Origin {
    // JSON holds milliseconds: a round trip must give an equal record.
    duration = duration.truncatedTo(ChronoUnit.MILLIS);
    rules = List.copyOf(rules);
  }

  /** The result of a rule; empty when the rule was declared after the version was computed. */
  public Optional<RuleResult> of(Rule rule) {
    return rules.stream().filter(r -> r.rule().equals(rule.text())).findFirst();
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("user", user);
    json.put("durationMillis", duration.toMillis());

    ArrayNode array = json.putArray("rules");
    rules.forEach(r -> array.add(json(r)));

    base.ifPresent(b -> json.put("base", b));
    return json;
  }

  static Origin of(JsonNode json) {
    List<RuleResult> rules = new ArrayList<>();
    json.get("rules").forEach(r -> rules.add(result(r)));

    return new Origin(
        json.get("user").asText(),
        Duration.ofMillis(json.get("durationMillis").asLong()),
        rules,
        json.has("base") ? OptionalLong.of(json.get("base").asLong()) : OptionalLong.empty());
  }

  private static ObjectNode json(RuleResult result) {
    ObjectNode json = Json.object();
    json.put("rule", result.rule());
    json.put("checked", result.checked());
    json.put("counted", result.counted());
    json.put("met", result.met());

    if (!result.examples().isEmpty()) {
      ArrayNode array = json.putArray("examples");
      result.examples().forEach(array::add);
    }

    return json;
  }

  private static RuleResult result(JsonNode json) {
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
