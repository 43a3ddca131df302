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
 * How a version came to be.
 *
 * @param user who ran the recompute
 * @param duration from its start until the table was complete and checked, in whole milliseconds
 * @param rules what the view's rules found, in declared order
 * @param base the version that its table began as a copy of; empty where all events were read, or
 *     that was not noted
 */
public record Origin(String user, Duration duration, List<RuleResult> rules, OptionalLong base) {
  public Origin {
    // As it is written: what is read again must be equal.
    duration = duration.truncatedTo(ChronoUnit.MILLIS);
    rules = List.copyOf(rules);
  }

  /** What a rule found; empty where it was not yet declared when the version was computed. */
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
