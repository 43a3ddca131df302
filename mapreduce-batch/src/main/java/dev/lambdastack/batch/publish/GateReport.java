package dev.lambdastack.batch.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** What all checks of the gate say of a version, in their order. */
public record GateReport(String view, long version, List<Finding> findings) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public GateReport {
    findings = List.copyOf(findings);
  }

  /** Whether any check holds it. */
  public boolean isHeld() {
    return findings.stream().anyMatch(Finding::held);
  }

  /** For a person, a line each; those that hold first. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (boolean held : new boolean[] {true, false}) {
      for (Finding finding : findings) {
        if (finding.held() == held) {
          lines.add("%s: %s%s".formatted(finding.check(), held ? "HELD: " : "", finding.text()));
          finding.details().forEach(d -> lines.add("  " + d));
        }
      }
    }
    return lines;
  }

  String toJson() {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("view", view);
    json.put("version", version);

    ArrayNode array = json.putArray("findings");
    for (Finding finding : findings) {
      ObjectNode node = array.addObject();
      node.put("check", finding.check());
      node.put("held", finding.held());
      node.put("text", finding.text());
      ArrayNode details = node.putArray("details");
      finding.details().forEach(details::add);
    }

    return json.toString();
  }

  static GateReport fromJson(String text) {
    try {
      JsonNode json = MAPPER.readTree(text);
      List<Finding> findings = new ArrayList<>();
      for (JsonNode node : json.required("findings")) {
        List<String> details = new ArrayList<>();
        node.required("details").forEach(d -> details.add(d.asText()));
        findings.add(
            new Finding(
                node.required("check").asText(),
                node.required("held").asBoolean(),
                node.required("text").asText(),
                details));
      }

      return new GateReport(
          json.required("view").asText(), json.required("version").asLong(), findings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read a verdict: " + e.getOriginalMessage(), e);
    }
  }
}
