package dev.lambdastack.batch.master;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.ContentFileParser;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionData;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.PartitionSpecParser;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.SortOrderParser;
import org.apache.iceberg.Table;

/**
 * What tasks have to know of a table to write files for it.
 *
 * @param location of the table
 * @param byDate of files whose events are all of one date
 * @param mixed of files of any dates
 * @param properties of the table
 */
public record TableLayout(
    String location,
    Schema schema,
    PartitionSpec byDate,
    PartitionSpec mixed,
    SortOrder order,
    Map<String, String> properties) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public TableLayout {
    properties = Map.copyOf(properties);
  }

  /** Of a table whose specs are its default one and one without partitions. */
  static TableLayout of(Table table) {
    Map<String, String> forFiles = new TreeMap<>(table.properties());
    forFiles.keySet().removeIf(key -> !key.startsWith("write."));
    return new TableLayout(
        table.location(),
        table.schema(),
        table.spec(),
        table.specs().values().stream()
            .filter(PartitionSpec::isUnpartitioned)
            .findFirst()
            .orElseThrow(),
        table.sortOrder(),
        forFiles);
  }

  /**
   * Where a run's files lie; the name of each must be unique within the run.
   *
   * @param pinned the schema that their columns follow
   */
  public Path folder(String runId, org.apache.avro.Schema pinned) {
    return folder(runId + "." + Fingerprints.of(pinned));
  }

  /** {@link #folder(String, org.apache.avro.Schema)} of files that are not of events. */
  public Path folder(String runId) {
    return new Path(location, "data/" + runId);
  }

  PartitionSpec spec(Optional<LocalDate> date) {
    return date.isPresent() ? byDate : mixed;
  }

  /** The partition of files of a date. */
  public PartitionData partition(Optional<LocalDate> date) {
    PartitionData partition = new PartitionData(spec(date).partitionType());
    date.ifPresent(d -> partition.set(0, (int) d.toEpochDay()));
    return partition;
  }

  /** Which columns of a file have bounds. */
  public MetricsConfig metrics() {
    return MetricsConfig.from(properties, schema, order);
  }

  /** A file's entry in what a task reports. */
  public String toJson(DataFile file) {
    return ContentFileParser.toJson(file, file.specId() == byDate.specId() ? byDate : mixed);
  }

  /** The inverse of {@link #toJson(DataFile)}. */
  public DataFile file(String json) throws IOException {
    Map<Integer, PartitionSpec> specs = new TreeMap<>();
    specs.put(mixed.specId(), mixed);
    specs.put(byDate.specId(), byDate);
    return (DataFile) ContentFileParser.fromJson(MAPPER.readTree(json), specs);
  }

  /** For a job's configuration. */
  public String toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("location", location);
    json.put("schema", SchemaParser.toJson(schema));
    json.put("byDate", PartitionSpecParser.toJson(byDate));
    json.put("mixed", PartitionSpecParser.toJson(mixed));
    json.put("order", SortOrderParser.toJson(order));
    ObjectNode given = json.putObject("properties");
    new TreeMap<>(properties).forEach(given::put);
    return json.toString();
  }

  /** The inverse of {@link #toJson()}. */
  public static TableLayout fromJson(String text) throws IOException {
    JsonNode json = MAPPER.readTree(text);
    Schema schema = SchemaParser.fromJson(json.required("schema").textValue());
    Map<String, String> properties = new TreeMap<>();
    json.required("properties")
        .properties()
        .forEach(e -> properties.put(e.getKey(), e.getValue().textValue()));

    return new TableLayout(
        json.required("location").textValue(),
        schema,
        PartitionSpecParser.fromJson(schema, json.required("byDate").textValue()),
        PartitionSpecParser.fromJson(schema, json.required("mixed").textValue()),
        SortOrderParser.fromJson(schema, json.required("order").textValue()),
        properties);
  }
}
