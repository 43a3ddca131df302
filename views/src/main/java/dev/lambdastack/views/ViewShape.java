package dev.lambdastack.views;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.aggregate.Aggregate;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a reader must know of a view to read its tables: key, window, salt and metrics, without the
 * code that filled them. It travels in the published row, so a reader needs no view jar and reads
 * old tables by the old declaration.
 *
 * @param window length of a window of event time, whole milliseconds, aligned to 1970, UTC
 * @param saltBuckets 1 to 256; fixed for the life of a table
 * @param lookups the key columns, at most once each, that answers show by an attribute of a
 *     dimension
 */
public record ViewShape(
    String name,
    List<Column> keyColumns,
    Duration window,
    int saltBuckets,
    List<NamedMetric> metrics,
    List<Lookup> lookups) {

  /**
   * A metric under its name.
   *
   * @param input the column it reads; null for a count
   */
  public record NamedMetric(String name, Metric metric, Column input) {}

  public ViewShape {
    keyColumns = List.copyOf(keyColumns);
    metrics = List.copyOf(metrics);
    lookups = List.copyOf(lookups);
  }

  /** How this key column is looked up; empty where answers show it as it is. */
  public Optional<Lookup> lookup(String keyColumn) {
    return lookups.stream().filter(l -> l.column().equals(keyColumn)).findFirst();
  }

  /** The shape of answers: as this one, with each looked-up key column become its attribute. */
  public ViewShape answered() {
    List<Column> columns =
        keyColumns.stream().map(c -> lookup(c.name()).map(Lookup::answered).orElse(c)).toList();
    return new ViewShape(name, columns, window, saltBuckets, metrics, List.of());
  }

  /** The identity of {@link Aggregate#merge}. */
  public Aggregate emptyAggregate() {
    return new Aggregate(this);
  }

  /**
   * The inverse of {@link Aggregate#toBytes}.
   *
   * @throws IllegalStateException when the bytes are no value of this view
   */
  public Aggregate decode(byte[] value) {
    return Aggregate.fromBytes(this, value, 0, value.length);
  }

  /** {@link #decode(byte[])} of a part of an array. */
  public Aggregate decode(byte[] value, int offset, int length) {
    return Aggregate.fromBytes(this, value, offset, length);
  }

  /** The start of the window that holds this event time; both in milliseconds since 1970. */
  public long windowStart(long eventTime) {
    long length = window.toMillis();
    return Math.floorDiv(eventTime, length) * length;
  }

  public JsonNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", name);

    ArrayNode keys = json.putArray("key");
    keyColumns.forEach(c -> keys.add(columnJson(c)));

    json.put("windowMillis", window.toMillis());
    json.put("saltBuckets", saltBuckets);

    ArrayNode array = json.putArray("metrics");
    for (NamedMetric named : metrics) {
      ObjectNode metric = array.addObject();
      metric.put("name", named.name());
      metric.put("kind", named.metric().kind().name());
      if (named.input() != null) {
        metric.set("input", columnJson(named.input()));
      }
      if (named.metric().kind().isRounded()) {
        metric.put("scale", named.metric().scale());
        metric.put("rounding", named.metric().rounding().name());
      }
    }

    if (!lookups.isEmpty()) {
      ArrayNode lookupArray = json.putArray("lookups");
      for (Lookup lookup : lookups) {
        ObjectNode node = lookupArray.addObject();
        node.put("column", lookup.column());
        node.put("dimension", lookup.dimension());
        node.put("attribute", lookup.attribute());
      }
    }

    return json;
  }

  public static ViewShape fromJson(JsonNode json) {
    List<Column> keys = new ArrayList<>();
    json.get("key").forEach(c -> keys.add(columnOf(c)));

    List<NamedMetric> metrics = new ArrayList<>();
    for (JsonNode m : json.get("metrics")) {
      Metric.Kind kind = Metric.Kind.valueOf(m.get("kind").asText());
      Column input = m.has("input") ? columnOf(m.get("input")) : null;
      int scale = m.has("scale") ? m.get("scale").asInt() : 0;
      RoundingMode rounding =
          m.has("rounding")
              ? RoundingMode.valueOf(m.get("rounding").asText())
              : RoundingMode.UNNECESSARY;

      metrics.add(
          new NamedMetric(
              m.get("name").asText(),
              new Metric(kind, input == null ? null : input.name(), scale, rounding),
              input));
    }

    List<Lookup> lookups = new ArrayList<>();
    json.path("lookups")
        .forEach(
            l ->
                lookups.add(
                    new Lookup(
                        l.get("column").asText(),
                        l.get("dimension").asText(),
                        l.get("attribute").asText())));

    return new ViewShape(
        json.get("name").asText(),
        keys,
        Duration.ofMillis(json.get("windowMillis").asLong()),
        json.get("saltBuckets").asInt(),
        metrics,
        lookups);
  }

  static ObjectNode columnJson(Column column) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", column.name());
    json.put("type", column.type().name());
    json.put("scale", column.scale());
    json.put("nullable", column.nullable());
    return json;
  }

  private static Column columnOf(JsonNode json) {
    return new Column(
        json.get("name").asText(),
        ColumnType.valueOf(json.get("type").asText()),
        json.get("scale").asInt(),
        json.get("nullable").asBoolean());
  }
}
