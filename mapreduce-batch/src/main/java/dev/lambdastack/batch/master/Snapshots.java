package dev.lambdastack.batch.master;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.handoff.LostOffsets;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a dataset held after some of its manifests, so that a reader needs to read only the
 * manifests behind the newest snapshot. A snapshot says nothing that the manifests do not, and may
 * be missing: then an older one serves, or none. Its name holds the SHA-256 of its bytes, so that
 * one which is not what was written is not used.
 *
 * <pre>
 * _snapshots/&lt;20-digit sequence&gt;-&lt;SHA-256&gt;.json
 * </pre>
 */
final class Snapshots {
  private static final int LAYOUT = 1;
  private static final Pattern NAME = Pattern.compile("([0-9]{20})-([0-9a-f]{64})\\.json");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final FileSystem fileSystem;
  private final Path folder;

  Snapshots(FileSystem fileSystem, Path topicFolder) {
    this.fileSystem = fileSystem;
    this.folder = new Path(topicFolder, "_snapshots");
  }

  /** A snapshot's file; {@code contents} is empty where it is not what was written. */
  record Found(long sequence, Path file, Optional<Contents> contents) {}

  /** The newest usable one of those up to a manifest. */
  Optional<Contents> newest(long lastSequence) throws IOException {
    for (Path file : files()) {
      if (sequence(file) <= lastSequence) {
        Optional<Contents> contents = read(file);
        if (contents.isPresent()) {
          return contents;
        }
      }
    }
    return Optional.empty();
  }

  /** All of them. */
  List<Found> all() throws IOException {
    List<Found> all = new ArrayList<>();
    for (Path file : files()) {
      all.add(new Found(sequence(file), file, read(file)));
    }
    return all;
  }

  /** Writes one; again is harmless, since equal contents have equal bytes. */
  void write(Contents contents) throws IOException {
    byte[] bytes = toJson(contents);
    String name =
        String.format(
            Locale.ROOT, "%020d-%s.json", contents.sequence(), StoredManifest.sha256(bytes));
    // A torn one does not have the digest of its name.
    try (OutputStream out = fileSystem.create(new Path(folder, name), true)) {
      out.write(bytes);
    }
  }

  private static long sequence(Path file) {
    return Long.parseLong(file.getName().substring(0, 20));
  }

  /** The newest first. */
  private List<Path> files() throws IOException {
    try {
      return List.of(fileSystem.listStatus(folder)).stream()
          .map(FileStatus::getPath)
          .filter(p -> NAME.matcher(p.getName()).matches())
          .sorted(Comparator.comparing(Path::getName).reversed())
          .toList();
    } catch (FileNotFoundException none) {
      return List.of();
    }
  }

  private Optional<Contents> read(Path file) {
    Matcher name = NAME.matcher(file.getName());
    try (FSDataInputStream in = fileSystem.open(file)) {
      byte[] bytes = in.readAllBytes();
      return name.matches() && StoredManifest.sha256(bytes).equals(name.group(2))
          ? Optional.of(fromJson(bytes))
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  static byte[] toJson(Contents contents) {
    List<Schema> schemas =
        new ArrayList<>(
            new LinkedHashSet<>(contents.files().stream().map(LiveFile::schema).toList()));

    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("layout", LAYOUT);
    json.put("sequence", contents.sequence());
    json.put("digest", contents.digest());
    json.put("lost", contents.lost().count());
    json.set("lostOffsets", contents.lost().spansJson());
    json.put(
        "archived", new String(ManifestJson.write(contents.archived()), StandardCharsets.UTF_8));

    ArrayNode schemaTexts = json.putArray("schemas");
    schemas.forEach(s -> schemaTexts.add(s.toString()));
    ArrayNode files = json.putArray("files");
    for (LiveFile live : contents.files()) {
      files.add(ManifestJson.fileJson(live.file()).put("schema", schemas.indexOf(live.schema())));
    }
    ArrayNode deadLetters = json.putArray("deadLetterFiles");
    contents.deadLetters().forEach(f -> deadLetters.add(ManifestJson.deadLetterJson(f)));

    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The inverse of {@link #toJson}.
   *
   * @throws IllegalArgumentException when the bytes are no snapshot of this layout
   */
  static Contents fromJson(byte[] bytes) throws IOException {
    JsonNode json = MAPPER.readTree(bytes);
    if (json.required("layout").intValue() != LAYOUT) {
      throw new IllegalArgumentException("layout " + json.required("layout"));
    }

    List<Schema> schemas = new ArrayList<>();
    json.required("schemas").forEach(s -> schemas.add(SchemaParser.parseSingle(s.textValue())));
    List<LiveFile> files = new ArrayList<>();
    json.required("files")
        .forEach(
            f ->
                files.add(
                    new LiveFile(
                        ManifestJson.file(f), schemas.get(f.required("schema").intValue()))));
    List<DeadLetterFile> deadLetters = new ArrayList<>();
    json.required("deadLetterFiles").forEach(f -> deadLetters.add(ManifestJson.deadLetter(f)));
    Manifest archived =
        ManifestJson.read(json.required("archived").textValue().getBytes(StandardCharsets.UTF_8));

    return new Contents(
        json.required("sequence").longValue(),
        json.required("digest").textValue(),
        (ArchiveManifest) archived,
        files,
        deadLetters,
        LostOffsets.of(json.path("lost").longValue(), json.path("lostOffsets")));
  }
}
