package dev.lambdastack.batch.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a backup holds: the file {@code backup.json} in its folder, written last. A folder without
 * it is no backup.
 *
 * <pre>
 * &lt;place&gt;/master/...                  the master dataset; of all backups in this place
 * &lt;place&gt;/&lt;id&gt;/tables/&lt;table&gt;/part-*   HBase's Export of a table
 * &lt;place&gt;/&lt;id&gt;/backup.json
 * </pre>
 *
 * @param views what answered; those that only the speed layer answered for are not among them
 * @param master the tables of the master dataset, each with the number of its state
 */
record BackupIndex(
    String id,
    Instant taken,
    List<SavedView> views,
    List<SavedTable> tables,
    SortedMap<String, Integer> master) {
  static final String FILE = "backup.json";

  private static final int FORMAT = 2;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  BackupIndex {
    views = List.copyOf(views);
    tables = List.copyOf(tables);
    master = Collections.unmodifiableSortedMap(new TreeMap<>(master));
  }

  /** The same backup without these views. */
  BackupIndex without(Set<String> names) {
    Set<String> gone =
        views.stream()
            .filter(v -> names.contains(v.name()))
            .map(v -> v.version().table())
            .collect(Collectors.toSet());
    return new BackupIndex(
        id,
        taken,
        views.stream().filter(v -> !names.contains(v.name())).toList(),
        tables.stream().filter(t -> !gone.contains(t.name())).toList(),
        master);
  }

  byte[] toJson() throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("format", FORMAT);
    json.put("id", id);
    json.put("taken", taken.toString());
    views.forEach(v -> json.withArray("views").add(v.json(MAPPER)));
    tables.forEach(t -> json.withArray("tables").add(t.json(MAPPER)));
    ObjectNode states = json.putObject("master");
    master.forEach(states::put);
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
  }

  static BackupIndex fromJson(byte[] bytes) throws IOException {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      if (json.required("format").intValue() != FORMAT) {
        throw new IOException(
            "it is of format " + json.get("format") + ", where this release reads " + FORMAT);
      }

      List<SavedView> views = new ArrayList<>();
      json.path("views").forEach(v -> views.add(SavedView.of(v)));
      List<SavedTable> tables = new ArrayList<>();
      for (JsonNode table : json.path("tables")) {
        tables.add(SavedTable.of(table));
      }
      SortedMap<String, Integer> master = new TreeMap<>();
      json.required("master")
          .properties()
          .forEach(table -> master.put(table.getKey(), table.getValue().intValue()));
      return new BackupIndex(
          json.required("id").textValue(),
          Instant.parse(json.required("taken").textValue()),
          views,
          tables,
          master);
    } catch (RuntimeException e) {
      throw new IOException("it is not what was written", e);
    }
  }
}
