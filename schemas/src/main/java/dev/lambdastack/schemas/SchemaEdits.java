package dev.lambdastack.schemas;

import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * Whether a version of a schema still says what it said when events of it were taken. A schema that
 * is edited in place (the scale of a decimal, say) would give other values to the bytes that are
 * there, without a word: the fingerprint of an event does not tell, for Avro's leaves logical types
 * and defaults out.
 */
public final class SchemaEdits {
  private SchemaEdits() {}

  /** The versions of the type's event that the store has, and the pinned one. */
  private static List<SchemaVersion> versions(SchemaStore schemas, EventType type) {
    Schema pinned = type.schema();
    Set<String> names = new HashSet<>(pinned.getAliases());
    names.add(pinned.getFullName());
    List<SchemaVersion> versions =
        new ArrayList<>(schemas.all().stream().filter(v -> names.contains(v.fullName())).toList());
    if (versions.stream().noneMatch(v -> v.schema().equals(pinned))) {
      versions.add(new SchemaVersion(pinned, 1, "topic " + type.topic()));
    }
    return versions;
  }

  /**
   * Refuses a version that does not read events as it did.
   *
   * @param then what the version was when events of the topic were taken by it
   * @throws InvalidInputException when it was edited since
   */
  public static void check(String topic, SchemaVersion now, Schema then) {
    Optional<Difference> found = difference("", then, now.schema(), new HashSet<>());
    if (found.isPresent()) {
      throw new InvalidInputException(
          "Cannot use schema %s: it was edited since events of topic %s were taken by it: field '%s' (expected %s, found %s); bring it back as it was, and put the change into the next version, as a field of a new name with a default"
              .formatted(
                  now.source(),
                  topic,
                  found.get().field(),
                  found.get().expected(),
                  found.get().found()));
    }
  }

  /**
   * Refuses schemas that read what is archived otherwise than it was written, or cannot read it.
   *
   * @param archived the schemas of what is archived
   * @throws InvalidInputException for the first such field
   */
  public static void checkArchived(
      SchemaStore schemas, EventType type, Collection<Schema> archived) {
    List<SchemaVersion> versions = versions(schemas, type);
    for (Schema then : Set.copyOf(archived)) {
      long fingerprint = SchemaNormalization.parsingFingerprint64(then);
      for (SchemaVersion now : versions) {
        if (now.fingerprint() == fingerprint) {
          check(type.topic(), now, then);
        }
      }
      checkReadable(type, versions, then);
    }
  }

  private static void checkReadable(EventType type, List<SchemaVersion> versions, Schema then) {
    List<Evolution.Problem> problems = Evolution.problems(type.schema(), then);
    if (problems.isEmpty()) {
      return;
    }

    String source =
        versions.stream()
            .filter(v -> v.schema().equals(type.schema()))
            .map(SchemaVersion::source)
            .findFirst()
            .orElseThrow();

    Evolution.Problem problem = problems.get(0);
    throw new InvalidInputException(
        "Cannot use schema %s: it cannot read what is archived of topic %s, field '%s': %s; bring it back as it was, and put the change into the next version, as a field of a new name with a default"
            .formatted(source, type.topic(), problem.field(), problem.why()));
  }

  private record Difference(String field, String expected, String found) {}

  /** The first thing that decides how events are read and is not the same; documentation is not. */
  private static Optional<Difference> difference(
      String path, Schema then, Schema now, Set<String> seen) {
    if (!Evolution.name(then).equals(Evolution.name(now))) {
      return differ(path, Evolution.name(then), Evolution.name(now));
    }

    return switch (then.getType()) {
      case RECORD -> record(path, then, now, seen);
      case ENUM ->
          differ(path, "symbols " + then.getEnumSymbols(), "symbols " + now.getEnumSymbols())
              .or(() -> differ(path, named(then), named(now)))
              .or(() -> differ(path, defaultOf(then), defaultOf(now)));
      case FIXED ->
          differ(path, size(then), size(now)).or(() -> differ(path, named(then), named(now)));
      case ARRAY -> difference(path, then.getElementType(), now.getElementType(), seen);
      case MAP -> difference(path, then.getValueType(), now.getValueType(), seen);
      case UNION -> {
        Optional<Difference> found =
            differ(path, branches(then).toString(), branches(now).toString());
        for (int i = 0; found.isEmpty() && i < then.getTypes().size(); i++) {
          found = difference(path, then.getTypes().get(i), now.getTypes().get(i), seen);
        }
        yield found;
      }
      case STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> Optional.empty();
    };
  }

  private static Optional<Difference> record(
      String path, Schema then, Schema now, Set<String> seen) {
    if (!seen.add(then.getFullName())) {
      return Optional.empty();
    }

    Optional<Difference> found = differ(path, named(then), named(now));
    for (Schema.Field field : then.getFields()) {
      String at = path.isEmpty() ? field.name() : path + "." + field.name();
      Schema.Field other = now.getField(field.name());
      if (found.isEmpty() && other == null) {
        found = Optional.of(new Difference(at, "a field", "none"));
      }
      found =
          found
              .or(() -> difference(at, field.schema(), other.schema(), seen))
              .or(() -> differ(at, defaultOf(field), defaultOf(other)))
              .or(() -> differ(at, "aliases " + field.aliases(), "aliases " + other.aliases()));
    }

    return found
        .or(
            () ->
                now.getFields().stream()
                    .filter(f -> then.getField(f.name()) == null)
                    .findFirst()
                    .map(f -> new Difference(f.name(), "none", "a field")))
        .or(() -> differ(path, "fields " + fieldNames(then), "fields " + fieldNames(now)));
  }

  private static Optional<Difference> differ(String path, String then, String now) {
    return then.equals(now)
        ? Optional.empty()
        : Optional.of(new Difference(path.isEmpty() ? Evolution.THE_RECORD : path, then, now));
  }

  private static String named(Schema schema) {
    return schema.getFullName()
        + (schema.getAliases().isEmpty() ? "" : " with aliases " + schema.getAliases());
  }

  private static List<String> fieldNames(Schema schema) {
    return schema.getFields().stream().map(Schema.Field::name).toList();
  }

  private static List<String> branches(Schema union) {
    return union.getTypes().stream().map(Schema::getFullName).toList();
  }

  private static String size(Schema fixed) {
    return String.format(Locale.ROOT, "%d bytes", fixed.getFixedSize());
  }

  private static String defaultOf(Schema enumeration) {
    return "default " + Objects.requireNonNullElse(enumeration.getEnumDefault(), "none");
  }

  private static String defaultOf(Schema.Field field) {
    if (!field.hasDefaultValue()) {
      return "no default";
    }
    Object value = field.defaultVal();
    return "default " + (value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value);
  }
}
