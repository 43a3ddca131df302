package dev.lambdastack.views;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Which shapes of events can be kept as columns of files. Some that Avro has cannot: a record
 * without a field that has a value, a list of nothing, a record in itself.
 */
public final class EventShape {
  private EventShape() {}

  /** Why events of the schema cannot be kept, by field; empty when they can. */
  public static Optional<String> problem(Schema schema) {
    return problem(schema, "", Set.of());
  }

  private static Optional<String> problem(Schema schema, String path, Set<String> within) {
    return switch (schema.getType()) {
      case RECORD -> record(schema, path, within);
      case UNION -> union(schema, path, within);
      case ARRAY -> items(schema.getElementType(), path, within);
      case MAP -> items(schema.getValueType(), path, within);
      case ENUM ->
          schema.getEnumSymbols().isEmpty()
              ? at(path, "an enum without symbols")
              : Optional.empty();
      case FIXED -> schema.getFixedSize() == 0 ? at(path, "a fixed of no bytes") : Optional.empty();
      case STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> Optional.empty();
    };
  }

  private static Optional<String> record(Schema record, String path, Set<String> within) {
    if (within.contains(record.getFullName())) {
      return at(path, "a " + record.getName() + " within a " + record.getName());
    }
    if (record.getFields().stream().allMatch(f -> f.schema().getType() == Schema.Type.NULL)) {
      return at(
          path,
          record.getFields().isEmpty()
              ? "a record without fields (" + record.getName() + ")"
              : "a record of nulls alone (" + record.getName() + ")");
    }

    Set<String> inner = new HashSet<>(within);
    inner.add(record.getFullName());
    return record.getFields().stream()
        .flatMap(
            f ->
                problem(f.schema(), path.isEmpty() ? f.name() : path + "." + f.name(), inner)
                    .stream())
        .findFirst();
  }

  private static Optional<String> union(Schema union, String path, Set<String> within) {
    List<Schema> branches = union.getTypes();
    return branches.stream().allMatch(b -> b.getType() == Schema.Type.NULL)
        ? at(path, "a union without a value")
        : branches.stream().flatMap(b -> problem(b, path, within).stream()).findFirst();
  }

  private static Optional<String> items(Schema item, String path, Set<String> within) {
    return item.getType() == Schema.Type.NULL
        ? at(path, "a list or map of nulls")
        : problem(item, path, within);
  }

  private static Optional<String> at(String path, String what) {
    return Optional.of(
        "%s is %s".formatted(path.isEmpty() ? "the event" : "field '" + path + "'", what));
  }
}
