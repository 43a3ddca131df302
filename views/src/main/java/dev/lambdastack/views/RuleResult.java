package dev.lambdastack.views;

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
}
