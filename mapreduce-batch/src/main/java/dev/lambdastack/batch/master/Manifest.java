package dev.lambdastack.batch.master;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.Horizon;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;

/**
 * One commit to a topic's master dataset: the epochs {@code [fromEpoch, toEpoch)}, all of their
 * records and no others. A manifest is never changed. This class owns its JSON, both ways.
 *
 * @param sequence counts from 1 in each topic
 * @param topicId Kafka's id of the topic
 * @param previous SHA-256 in hex of the file of the manifest before; empty for the first
 * @param runId of the run that committed it
 * @param fromEpoch inclusive; 0 for the first, else the one before's {@code toEpoch}
 * @param toEpoch exclusive: the horizon, the first epoch that is not held
 * @param eventTimeMin the earliest event time that was taken; older events are dead letters
 * @param partitions by number; all partitions of the topic
 * @param schema the reader schema that the files' columns follow
 * @param deadLetters files of records that are no events
 * @param read records that were read from the log: events, dead letters and ticks
 * @param ticks how many of them were ticks
 */
public record Manifest(
    long sequence,
    String topic,
    String topicId,
    Optional<String> previous,
    String runId,
    Duration epochLength,
    long fromEpoch,
    long toEpoch,
    Instant eventTimeMin,
    SortedMap<Integer, PartitionRange> partitions,
    Schema schema,
    List<DataFile> files,
    List<DeadLetterFile> deadLetters,
    long read,
    long ticks,
    Instant created) {
  /** The number of the JSON layout. */
  static final int LAYOUT = 1;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  public Manifest {
    partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));
    files = List.copyOf(files);
    deadLetters = List.copyOf(deadLetters);
    if (sequence < 1 || toEpoch <= fromEpoch) {
      throw new IllegalArgumentException(
          "manifest %d of epochs [%d, %d)".formatted(sequence, fromEpoch, toEpoch));
    }
    long rows = files.stream().mapToLong(DataFile::rows).sum();
    long dead = deadLetters.stream().mapToLong(DeadLetterFile::rows).sum();
    if (rows + dead + ticks != read) {
      throw new IllegalArgumentException(
          "manifest %d: %d events + %d dead letters + %d ticks are not the %d records read"
              .formatted(sequence, rows, dead, ticks, read));
    }
  }

  /** Events in its files. */
  public long events() {
    return files.stream().mapToLong(DataFile::rows).sum();
  }

  /** Records in its dead letter files. */
  public long deadLetterCount() {
    return deadLetters.stream().mapToLong(DeadLetterFile::rows).sum();
  }

  /** Where a version that is computed up to this manifest ends. */
  public Horizon horizon() {
    Map<Integer, Long> ends = new TreeMap<>();
    partitions.forEach((partition, range) -> ends.put(partition, range.end()));
    return new Horizon(toEpoch, ends);
  }

  /** CRC-64-AVRO of the pinned schema. */
  public long schemaFingerprint() {
    return SchemaNormalization.parsingFingerprint64(schema);
  }

  /**
   * The file's content: UTF-8, fields in a fixed order, so that equal manifests have equal bytes.
   */
  public byte[] toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("layout", LAYOUT);
    json.put("sequence", sequence);
    json.put("topic", topic);
    json.put("topicId", topicId);
    previous.ifPresent(p -> json.put("previous", p));
    json.put("runId", runId);
    json.put("created", created.toString());
    json.put("epochMillis", epochLength.toMillis());
    json.put("fromEpoch", fromEpoch);
    json.put("toEpoch", toEpoch);
    json.put("eventTimeMin", eventTimeMin.toString());
    json.put("read", read);
    json.put("ticks", ticks);
    json.put("events", events());
    json.put("deadLetters", deadLetterCount());
    ObjectNode ranges = json.putObject("partitions");
    partitions.forEach((partition, range) -> ranges.set(partition.toString(), rangeJson(range)));
    json.put("schemaFingerprint", "%016x".formatted(schemaFingerprint()));
    json.put("schema", schema.toString());
    ArrayNode list = json.putArray("files");
    files.forEach(f -> list.add(fileJson(f)));
    ArrayNode dead = json.putArray("deadLetterFiles");
    deadLetters.forEach(f -> dead.add(deadLetterJson(f)));
    try {
      DefaultPrettyPrinter lines =
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
      return (MAPPER.writer(lines).writeValueAsString(json) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode rangeJson(PartitionRange range) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("start", range.start());
    json.put("end", range.end());
    range.leaderEpoch().ifPresent(e -> json.put("leaderEpoch", e));
    ArrayNode boundaries = json.putArray("boundaries");
    range.boundaries().forEach((epoch, offset) -> boundaries.addArray().add(epoch).add(offset));
    return json;
  }

  /** A file's entry; also what a task reports of a file that it wrote. */
  public static ObjectNode fileJson(DataFile file) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("path", file.path());
    file.eventDate().ifPresent(d -> json.put("eventDate", d.toString()));
    json.put("rows", file.rows());
    json.put("partition", file.partition());
    json.put("startOffset", file.startOffset());
    json.put("endOffset", file.endOffset());
    json.put("minEventTime", file.minEventTime());
    json.put("maxEventTime", file.maxEventTime());
    json.put("minAppendTime", file.minAppendTime());
    json.put("maxAppendTime", file.maxAppendTime());
    json.put("length", file.lengthBytes());
    json.put("sha256", file.sha256());
    return json;
  }

  /** The inverse of {@link #fileJson}. */
  public static DataFile file(JsonNode json) {
    return new DataFile(
        json.required("path").textValue(),
        Optional.ofNullable(json.get("eventDate")).map(d -> LocalDate.parse(d.textValue())),
        json.required("rows").longValue(),
        json.required("partition").intValue(),
        json.required("startOffset").longValue(),
        json.required("endOffset").longValue(),
        json.required("minEventTime").longValue(),
        json.required("maxEventTime").longValue(),
        json.required("minAppendTime").longValue(),
        json.required("maxAppendTime").longValue(),
        json.required("length").longValue(),
        json.required("sha256").textValue());
  }

  /** A dead letter file's entry; also what a task reports of a file that it wrote. */
  public static ObjectNode deadLetterJson(DeadLetterFile file) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("path", file.path());
    json.put("rows", file.rows());
    json.put("partition", file.partition());
    json.put("startOffset", file.startOffset());
    json.put("endOffset", file.endOffset());
    json.put("length", file.lengthBytes());
    json.put("sha256", file.sha256());
    return json;
  }

  /** The inverse of {@link #deadLetterJson}. */
  public static DeadLetterFile deadLetter(JsonNode json) {
    return new DeadLetterFile(
        json.required("path").textValue(),
        json.required("rows").longValue(),
        json.required("partition").intValue(),
        json.required("startOffset").longValue(),
        json.required("endOffset").longValue(),
        json.required("length").longValue(),
        json.required("sha256").textValue());
  }

  /**
   * The manifest in a file.
   *
   * @throws IllegalArgumentException when the bytes are no manifest of this layout
   */
  public static Manifest fromJson(byte[] bytes) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      int layout = json.required("layout").intValue();
      if (layout != LAYOUT) {
        throw new IllegalArgumentException("layout " + layout + " (expected " + LAYOUT + ")");
      }
      SortedMap<Integer, PartitionRange> partitions = new TreeMap<>();
      json.required("partitions")
          .properties()
          .forEach(e -> partitions.put(Integer.valueOf(e.getKey()), range(e.getValue())));
      List<DataFile> files = new ArrayList<>();
      json.required("files").forEach(f -> files.add(file(f)));
      List<DeadLetterFile> deadLetters = new ArrayList<>();
      json.required("deadLetterFiles").forEach(f -> deadLetters.add(deadLetter(f)));
      return new Manifest(
          json.required("sequence").longValue(),
          json.required("topic").textValue(),
          json.required("topicId").textValue(),
          Optional.ofNullable(json.get("previous")).map(JsonNode::textValue),
          json.required("runId").textValue(),
          Duration.ofMillis(json.required("epochMillis").longValue()),
          json.required("fromEpoch").longValue(),
          json.required("toEpoch").longValue(),
          Instant.parse(json.required("eventTimeMin").textValue()),
          partitions,
          SchemaParser.parseSingle(json.required("schema").textValue()),
          files,
          deadLetters,
          json.required("read").longValue(),
          json.required("ticks").longValue(),
          Instant.parse(json.required("created").textValue()));
    } catch (java.io.IOException | RuntimeException e) {
      throw new IllegalArgumentException("no manifest: " + e.getMessage(), e);
    }
  }

  private static PartitionRange range(JsonNode json) {
    NavigableMap<Long, Long> boundaries = new TreeMap<>();
    json.required("boundaries")
        .forEach(b -> boundaries.put(b.required(0).longValue(), b.required(1).longValue()));
    JsonNode leaderEpoch = json.get("leaderEpoch");
    return new PartitionRange(
        json.required("start").longValue(),
        json.required("end").longValue(),
        leaderEpoch == null ? OptionalInt.empty() : OptionalInt.of(leaderEpoch.intValue()),
        boundaries);
  }
}
