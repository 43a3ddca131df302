package dev.lambdastack.views;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The alert rules that a process knows. Immutable. */
public final class AlertRules {
  private final Map<String, AlertRule> byName = new TreeMap<>();

  private AlertRules(List<AlertRule> rules) {
    for (AlertRule rule : rules) {
      if (byName.putIfAbsent(rule.name(), rule) != null) {
        throw new InvalidInputException(
            "Two jars on the class path declare rule '%s': rename one or remove one jar"
                .formatted(rule.name()));
      }

      for (AlertRule other : byName.values()) {
        if (other.eventType().topic().equals(rule.eventType().topic())
            && !other.eventType().equals(rule.eventType())) {
          throw new InvalidInputException(
              "Rules %s and %s declare topic %s with different schemas or columns: a topic has one event type"
                  .formatted(other.name(), rule.name(), rule.eventType().topic()));
        }
      }
    }
  }

  /**
   * The rules of all providers that the class loader finds.
   *
   * @throws InvalidInputException when a provider cannot be loaded or two declare one name
   */
  public static AlertRules load(ClassLoader loader) {
    return new AlertRules(
        Providers.load(AlertProvider.class, loader, AlertProvider::rules, "alert rules"));
  }

  public static AlertRules of(List<AlertRule> rules) {
    return new AlertRules(rules);
  }

  /** All rules, by name. */
  public List<AlertRule> all() {
    return List.copyOf(byName.values());
  }

  /** The event type on this topic; empty when no rule reads it. */
  public Optional<EventType> findEventType(String topic) {
    return byName.values().stream()
        .map(AlertRule::eventType)
        .filter(t -> t.topic().equals(topic))
        .findFirst();
  }

  /**
   * The rules over one topic, by name; at least one.
   *
   * @throws InvalidInputException when there is none
   */
  public List<AlertRule> ofTopic(String topic) {
    List<AlertRule> rules =
        byName.values().stream().filter(r -> r.eventType().topic().equals(topic)).toList();
    if (rules.isEmpty()) {
      throw new InvalidInputException(
          "No alert rule reads topic '%s'; %s"
              .formatted(
                  topic,
                  byName.isEmpty()
                      ? "there are no rules on the class path (put your jar there)"
                      : "the topics with rules are "
                          + byName.values().stream()
                              .map(r -> r.eventType().topic())
                              .distinct()
                              .sorted()
                              .collect(Collectors.joining(", "))));
    }

    return rules;
  }
}
