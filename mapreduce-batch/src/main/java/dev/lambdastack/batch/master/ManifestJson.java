package dev.lambdastack.batch.master;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.SchemaParser;

/**
 * The JSON of manifests, both ways. Written is layout 2; read is layout 1 as well, which knew one
 * kind of manifest and files of one partition.
 */
public final class ManifestJson {
  /** The number of the layout that is written. */
  static final int LAYOUT = 2;

  private static final int FIRST_LAYOUT = 1;
  private static final String ARCHIVE = "archive";
  private static final String COMPACTION = "compaction";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ManifestJson() {}

  /**
   * The file's content: UTF-8, fields in a fixed order, so that equal manifests have equal bytes.
   */
  static byte[] write(Manifest manifest) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("layout", LAYOUT);
    json.put("kind", manifest instanceof ArchiveManifest ? ARCHIVE : COMPACTION);
    json.put("sequence", manifest.sequence());
    json.put("topic", manifest.topic());
    manifest.previous().ifPresent(p -> json.put("previous", p));
    json.put("runId", manifest.runId());
    json.put("created", manifest.created().toString());

    if (manifest instanceof ArchiveManifest archive) {
      put(json, archive);
    } else if (manifest instanceof CompactionManifest compaction) {
      put(json, compaction);
    }

    try {
      DefaultPrettyPrinter lines =
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
      return (MAPPER.writer(lines).writeValueAsString(json) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void put(ObjectNode json, ArchiveManifest manifest) {
    json.put("topicId", manifest.topicId());
    json.put("epochMillis", manifest.epochLength().toMillis());
    json.put("fromEpoch", manifest.fromEpoch());
    json.put("toEpoch", manifest.toEpoch());
    json.put("eventTimeMin", manifest.eventTimeMin().toString());

    json.put("read", manifest.read());
    json.put("ticks", manifest.ticks());
    json.put("events", manifest.events());
    json.put("deadLetters", manifest.deadLetterCount());

    ObjectNode ranges = json.putObject("partitions");
    manifest
        .partitions()
        .forEach((partition, range) -> ranges.set(partition.toString(), rangeJson(range)));
    putFiles(json, manifest);

    ArrayNode dead = json.putArray("deadLetterFiles");
    manifest.deadLetters().forEach(f -> dead.add(deadLetterJson(f)));
  }

  private static void put(ObjectNode json, CompactionManifest manifest) {
    json.put("events", manifest.events());
    putFiles(json, manifest);
    ArrayNode superseded = json.putArray("superseded");
    manifest.superseded().forEach(superseded::add);
  }

  private static void putFiles(ObjectNode json, Manifest manifest) {
    json.put(
        "schemaFingerprint", String.format(Locale.ROOT, "%016x", manifest.schemaFingerprint()));
    json.put("schema", manifest.schema().toString());
    ArrayNode list = json.putArray("files");
    manifest.files().forEach(f -> list.add(fileJson(f)));
  }

  private static ObjectNode rangeJson(PartitionRange range) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("start", range.start());
    json.put("end", range.end());
    if (range.lost() > 0) {
      json.put("lost", range.lost());
    }
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

    ObjectNode offsets = json.putObject("offsets");
    file.offsets()
        .forEach((p, span) -> offsets.putArray(p.toString()).add(span.start()).add(span.end()));

    json.put("minEventTime", file.minEventTime());
    json.put("maxEventTime", file.maxEventTime());
    json.put("minAppendTime", file.minAppendTime());
    json.put("maxAppendTime", file.maxAppendTime());
    json.put("length", file.lengthBytes());
    json.put("sha256", file.sha256());
    return json;
  }

  /** The inverse of {@link #fileJson}; reads the entries of layout 1 too. */
  public static DataFile file(JsonNode json) {
    SortedMap<Integer, OffsetSpan> offsets = new TreeMap<>();
    if (json.has("partition")) {
      offsets.put(
          json.required("partition").intValue(),
          new OffsetSpan(
              json.required("startOffset").longValue(), json.required("endOffset").longValue()));
    } else {
      json.required("offsets")
          .properties()
          .forEach(
              e ->
                  offsets.put(
                      Integer.valueOf(e.getKey()),
                      new OffsetSpan(
                          e.getValue().required(0).longValue(),
                          e.getValue().required(1).longValue())));
    }

    return new DataFile(
        json.required("path").textValue(),
        Optional.ofNullable(json.get("eventDate")).map(d -> LocalDate.parse(d.textValue())),
        json.required("rows").longValue(),
        offsets,
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
   * @throws IllegalArgumentException when the bytes are no manifest of a known layout
   */
  static Manifest read(byte[] bytes) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      int layout = json.required("layout").intValue();
      if (layout < FIRST_LAYOUT || layout > LAYOUT) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT, "layout %d (expected %d to %d)", layout, FIRST_LAYOUT, LAYOUT));
      }

      String kind = layout == FIRST_LAYOUT ? ARCHIVE : json.required("kind").textValue();
      return switch (kind) {
        case ARCHIVE -> archive(json);
        case COMPACTION -> compaction(json);
        default -> throw new IllegalArgumentException("kind '" + kind + "'");
      };
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("no manifest: " + e.getMessage(), e);
    }
  }

  private static ArchiveManifest archive(JsonNode json) {
    SortedMap<Integer, PartitionRange> partitions = new TreeMap<>();
    json.required("partitions")
        .properties()
        .forEach(e -> partitions.put(Integer.valueOf(e.getKey()), range(e.getValue())));
    List<DeadLetterFile> deadLetters = new ArrayList<>();
    json.required("deadLetterFiles").forEach(f -> deadLetters.add(deadLetter(f)));

    return new ArchiveManifest(
        json.required("sequence").longValue(),
        json.required("topic").textValue(),
        json.required("topicId").textValue(),
        previous(json),
        json.required("runId").textValue(),
        Duration.ofMillis(json.required("epochMillis").longValue()),
        json.required("fromEpoch").longValue(),
        json.required("toEpoch").longValue(),
        Instant.parse(json.required("eventTimeMin").textValue()),
        partitions,
        SchemaParser.parseSingle(json.required("schema").textValue()),
        files(json),
        deadLetters,
        json.required("read").longValue(),
        json.required("ticks").longValue(),
        Instant.parse(json.required("created").textValue()));
  }

  private static CompactionManifest compaction(JsonNode json) {
    List<String> superseded = new ArrayList<>();
    json.required("superseded").forEach(path -> superseded.add(path.textValue()));
    return new CompactionManifest(
        json.required("sequence").longValue(),
        json.required("topic").textValue(),
        previous(json),
        json.required("runId").textValue(),
        SchemaParser.parseSingle(json.required("schema").textValue()),
        files(json),
        superseded,
        Instant.parse(json.required("created").textValue()));
  }

  private static Optional<String> previous(JsonNode json) {
    return Optional.ofNullable(json.get("previous")).map(JsonNode::textValue);
  }

  private static List<DataFile> files(JsonNode json) {
    List<DataFile> files = new ArrayList<>();
    json.required("files").forEach(f -> files.add(file(f)));
    return files;
  }

  private static PartitionRange range(JsonNode json) {
    NavigableMap<Long, Long> boundaries = new TreeMap<>();
    json.required("boundaries")
        .forEach(b -> boundaries.put(b.required(0).longValue(), b.required(1).longValue()));
    JsonNode leaderEpoch = json.get("leaderEpoch");
    return new PartitionRange(
        json.required("start").longValue(),
        json.required("end").longValue(),
        json.path("lost").longValue(),
        leaderEpoch == null ? OptionalInt.empty() : OptionalInt.of(leaderEpoch.intValue()),
        boundaries);
  }
}
