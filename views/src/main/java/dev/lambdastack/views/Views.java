package dev.lambdastack.views;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The views that a process knows. Immutable. */
public final class Views {
  private final Map<String, View> byName = new TreeMap<>();

  private Views(Iterable<View> views) {
    for (View view : views) {
      if (byName.putIfAbsent(view.name(), view) != null) {
        throw new InvalidInputException(
            "Two jars on the class path declare view '%s': rename one or remove one jar"
                .formatted(view.name()));
      }
    }

    checkDimensions();
    for (View view : byName.values()) {
      for (View other : byName.values()) {
        if (view.eventType().topic().equals(other.eventType().topic())
            && !view.eventType().equals(other.eventType())) {
          throw new InvalidInputException(
              "Views %s and %s declare topic %s with different schemas or columns: a topic has one event type"
                  .formatted(view.name(), other.name(), view.eventType().topic()));
        }
      }
    }
  }

  private void checkDimensions() {
    for (View view : byName.values()) {
      for (EventType dimension : view.dimensions()) {
        if (!ofTopic(dimension.topic()).isEmpty()) {
          throw new InvalidInputException(
              "View %s uses topic %s as a dimension, and view %s counts its events: a topic is one or the other"
                  .formatted(
                      view.name(), dimension.topic(), ofTopic(dimension.topic()).get(0).name()));
        }

        for (View other : byName.values()) {
          if (other.dimensions().stream()
              .anyMatch(d -> d.topic().equals(dimension.topic()) && !d.equals(dimension))) {
            throw new InvalidInputException(
                "Views %s and %s declare dimension %s with different schemas or columns: a topic has one event type"
                    .formatted(view.name(), other.name(), dimension.topic()));
          }
        }
      }
    }
  }

  /**
   * The views of all providers that the class loader finds.
   *
   * @throws InvalidInputException when a provider cannot be loaded or two declare one name
   */
  public static Views load(ClassLoader loader) {
    return new Views(Providers.load(ViewProvider.class, loader, ViewProvider::views, "views"));
  }

  public static Views of(List<View> views) {
    return new Views(views);
  }

  /** All, by name. */
  public List<View> all() {
    return List.copyOf(byName.values());
  }

  /** The views over one topic, by name; maybe none. */
  public List<View> ofTopic(String topic) {
    return byName.values().stream().filter(v -> v.eventType().topic().equals(topic)).toList();
  }

  /**
   * The view of this name.
   *
   * @throws InvalidInputException when there is none
   */
  public View find(String name) {
    View view = byName.get(name);
    if (view == null) {
      throw new InvalidInputException(
          "No view '%s'; %s".formatted(name, known("views", byName.keySet())));
    }
    return view;
  }

  /** The dimension on this topic; empty when no view looks anything up there. */
  public Optional<EventType> findDimension(String topic) {
    return byName.values().stream()
        .flatMap(v -> v.dimensions().stream())
        .filter(d -> d.topic().equals(topic))
        .findFirst();
  }

  /**
   * The dimension on this topic.
   *
   * @throws InvalidInputException when no view looks anything up there
   */
  public EventType dimension(String topic) {
    return findDimension(topic)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "No view looks anything up in topic '%s'; %s"
                        .formatted(
                            topic,
                            known(
                                "dimensions",
                                byName.values().stream()
                                    .flatMap(v -> v.dimensions().stream())
                                    .map(EventType::topic)
                                    .collect(Collectors.toSet())))));
  }

  /**
   * The event type on this topic.
   *
   * @throws InvalidInputException when no view reads the topic
   */
  public EventType eventType(String topic) {
    return byName.values().stream()
        .map(View::eventType)
        .filter(t -> t.topic().equals(topic))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "No view reads topic '%s'; %s"
                        .formatted(
                            topic,
                            known(
                                "topics with views",
                                byName.values().stream()
                                    .map(v -> v.eventType().topic())
                                    .collect(Collectors.toSet())))));
  }

  private static String known(String what, Collection<String> names) {
    return names.isEmpty()
        ? "there are no " + what + " on the class path (put your view jar there)"
        : "the " + what + " are " + names.stream().sorted().collect(Collectors.joining(", "));
  }
}
