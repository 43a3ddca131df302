package dev.lambdastack.schemas;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/**
 * Whether events of one schema can be read by another with their meaning kept. Stricter than Avro's
 * own rules in two points, where Avro would read a wrong number without a word: a logical type
 * (decimal scale, milliseconds or microseconds) must not change, though it changes no byte and not
 * even the fingerprint; and text and bytes are not taken for each other.
 */
final class Evolution {
  static final String THE_RECORD = "(the record itself)";

  private Evolution() {}

  /** One reason, at one place of the schema. */
  record Problem(String field, String why) {}

  /** All that keeps the reader from reading what the writer wrote; empty when nothing does. */
  static List<Problem> problems(Schema reader, Schema writer) {
    List<Problem> problems = new ArrayList<>();
    try {
      for (Incompatibility found :
          SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
              .getResult()
              .getIncompatibilities()) {
        problems.add(new Problem(fieldAt(reader, found.getLocation()), explain(found)));
      }
    } catch (AvroRuntimeException e) {
      problems.add(new Problem(THE_RECORD, e.getMessage()));
    }

    if (problems.isEmpty()) {
      meanings(reader, writer, "", problems, new HashSet<>());
    }

    return problems;
  }

  /**
   * The writer's field that a reader's field is read from, by its name or an alias; null if none.
   */
  static Schema.Field writtenField(Schema.Field field, Schema writer) {
    Schema.Field written = writer.getField(field.name());
    for (String alias : field.aliases()) {
      written = written == null ? writer.getField(alias) : written;
    }
    return written;
  }

  private static String explain(Incompatibility found) {
    return switch (found.getType()) {
      case READER_FIELD_MISSING_DEFAULT_VALUE -> "missing on the other side and without a default";
      case TYPE_MISMATCH ->
          "%s cannot be read as %s"
              .formatted(found.getWriterFragment().getType(), found.getReaderFragment().getType())
              .toLowerCase(Locale.ROOT);
      case MISSING_ENUM_SYMBOLS ->
          "symbols "
              + found.getMessage()
              + " are unknown on the other side, and the enum has no default";
      case MISSING_UNION_BRANCH -> "union branch missing: " + found.getMessage();
      case NAME_MISMATCH, FIXED_SIZE_MISMATCH -> found.getMessage();
    };
  }

  /** The dotted path of a JSON pointer like /fields/3/type. */
  private static String fieldAt(Schema schema, String pointer) {
    StringBuilder path = new StringBuilder();
    Schema at = schema;
    String[] steps = pointer.split("/");
    for (int i = 1; i < steps.length && at != null; i++) {
      switch (steps[i]) {
        case "fields" -> {
          Schema.Field field = at.getFields().get(Integer.parseInt(steps[++i]));
          path.append(path.isEmpty() ? "" : ".").append(field.name());
          at = field.schema();
        }
        case "items" -> at = at.getElementType();
        case "values" -> at = at.getValueType();
        case "type" -> {}
        default ->
            at =
                at.getType() == Schema.Type.UNION && steps[i].matches("[0-9]+")
                    ? at.getTypes().get(Integer.parseInt(steps[i]))
                    : null;
      }
    }

    return path.isEmpty() ? THE_RECORD : path.toString();
  }

  private record Pair(String reader, String writer) {}

  private static void meanings(
      Schema reader, Schema writer, String path, List<Problem> problems, Set<Pair> seen) {
    if (reader.getType() == Schema.Type.UNION || writer.getType() == Schema.Type.UNION) {
      unionMeanings(reader, writer, path, problems, seen);
      return;
    }

    if (!Objects.equals(meaning(reader), meaning(writer))) {
      problems.add(
          new Problem(
              path, "its meaning changes from %s to %s".formatted(name(writer), name(reader))));
      return;
    }

    switch (reader.getType()) {
      case RECORD -> {
        if (seen.add(new Pair(reader.getFullName(), writer.getFullName()))) {
          for (Schema.Field field : reader.getFields()) {
            Schema.Field written = writtenField(field, writer);
            if (written != null) {
              meanings(
                  field.schema(),
                  written.schema(),
                  path.isEmpty() ? field.name() : path + "." + field.name(),
                  problems,
                  seen);
            }
          }
        }
      }
      case ARRAY ->
          meanings(reader.getElementType(), writer.getElementType(), path, problems, seen);
      case MAP -> meanings(reader.getValueType(), writer.getValueType(), path, problems, seen);
      case STRING, BYTES -> {
        if (reader.getType() != writer.getType()) {
          problems.add(
              new Problem(path, "it changes from %s to %s".formatted(name(writer), name(reader))));
        }
      }
      case UNION, ENUM, FIXED, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> {}
    }
  }

  /** Each written branch must find a branch that means the same. */
  private static void unionMeanings(
      Schema reader, Schema writer, String path, List<Problem> problems, Set<Pair> seen) {
    List<Schema> readers =
        reader.getType() == Schema.Type.UNION ? reader.getTypes() : List.of(reader);
    List<Schema> writers =
        writer.getType() == Schema.Type.UNION ? writer.getTypes() : List.of(writer);

    for (Schema written : writers) {
      List<Problem> found = null;
      for (Schema candidate : readers) {
        if (found != null && found.isEmpty()) {
          break;
        }
        if (SchemaCompatibility.checkReaderWriterCompatibility(candidate, written)
            .getResult()
            .getIncompatibilities()
            .isEmpty()) {
          found = new ArrayList<>();
          meanings(candidate, written, path, found, new HashSet<>(seen));
        }
      }

      if (found != null) {
        problems.addAll(found);
      }
    }
  }

  private static String meaning(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return String.format(
          Locale.ROOT, "decimal(%d,%d)", decimal.getPrecision(), decimal.getScale());
    }
    String declared = schema.getProp(LogicalType.LOGICAL_TYPE_PROP);
    return logical == null ? declared : logical.getName();
  }

  /** The type and its meaning, as people read them. */
  static String name(Schema schema) {
    String meaning = meaning(schema);
    return schema.getType().getName() + (meaning == null ? "" : " " + meaning);
  }
}
