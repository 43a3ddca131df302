package dev.lambdastack.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectStreamException;
import java.io.Serializable;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;

/**
 * Every version of every schema that a process knows, by fingerprint and by name and version.
 * Immutable, thread-safe, serializable (as {@link #toJson}).
 */
public final class SchemaStore implements org.apache.avro.message.SchemaStore, Serializable {
  /** The folder of a class path entry that holds schemas; folders below it are searched too. */
  public static final String FOLDER = "avro";

  private static final long serialVersionUID = 1L;
  private static final List<String> READING =
      List.of(
          "type",
          "name",
          "namespace",
          "fields",
          "default",
          "aliases",
          "symbols",
          "items",
          "values",
          "size",
          "logicalType",
          "precision",
          "scale");

  private static final String SUFFIX = ".avsc";

  private final transient Map<String, NavigableMap<Integer, SchemaVersion>> byName =
      new TreeMap<>();
  private final transient Map<Long, SchemaVersion> byFingerprint = new HashMap<>();

  private SchemaStore(Collection<SchemaVersion> versions) {
    for (SchemaVersion version : versions) {
      SchemaVersion twin =
          byName
              .computeIfAbsent(version.fullName(), n -> new TreeMap<>())
              .putIfAbsent(version.version(), version);
      if (twin != null && !twin.schema().equals(version.schema())) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Two files hold different schemas for %s version %d: %s and %s; give one of them the next version or remove it",
                version.fullName(),
                version.version(),
                twin.source(),
                version.source()));
      }
    }

    all().forEach(this::addFingerprint);
  }

  private void addFingerprint(SchemaVersion version) {
    SchemaVersion twin = byFingerprint.putIfAbsent(version.fingerprint(), version);
    if (twin != null && !Evolution.problems(version.schema(), twin.schema()).isEmpty()) {
      Evolution.Problem problem = Evolution.problems(version.schema(), twin.schema()).get(0);
      throw new InvalidInputException(
          "Cannot tell events of %s and %s apart: they have one fingerprint, but field '%s' differs (%s); add a field of a new name instead"
              .formatted(twin.source(), version.source(), problem.field(), problem.why()));
    }

    if (twin != null && !readingForm(twin).equals(readingForm(version))) {
      throw new InvalidInputException(
          "Cannot tell %s and %s apart: they have one fingerprint, but other defaults or aliases, so that what is read would depend on when; give the field of the other default a new name"
              .formatted(twin.source(), version.source()));
    }
  }

  /** What decides how events are read: all but the documentation and what only tools look at. */
  private static JsonNode readingForm(SchemaVersion version) {
    try {
      JsonNode tree = new ObjectMapper().readTree(version.schema().toString());
      retainReading(tree);
      return tree;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void retainReading(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.retain(READING);
      // A default is a value and no schema.
      object.properties().stream()
          .filter(e -> !e.getKey().equals("default"))
          .forEach(e -> retainReading(e.getValue()));
    } else {
      node.forEach(SchemaStore::retainReading);
    }
  }

  /** A store of these; equal duplicates are taken once. */
  public static SchemaStore of(Collection<SchemaVersion> versions) {
    return new SchemaStore(versions);
  }

  /**
   * All files {@code avro/<name>.v<number>.avsc} of all folders and jars on the class path. A jar
   * must hold an entry for the folder itself, as Maven, Gradle and {@code jar} write it.
   *
   * @throws InvalidInputException when a file is no schema version, or two of them contradict
   */
  public static SchemaStore load(ClassLoader loader) {
    List<SchemaVersion> versions = new ArrayList<>();
    try {
      // A jar's folder entry ends with a slash, which not every loader's look-up adds by itself.
      Map<String, URL> folders = new TreeMap<>();
      for (String name : List.of(FOLDER, FOLDER + "/")) {
        for (URL url : Collections.list(loader.getResources(name))) {
          folders.putIfAbsent(url.toString().replaceAll("/+$", ""), url);
        }
      }

      for (URL folder : folders.values()) {
        if (folder.getProtocol().equals("file")) {
          versions.addAll(readFolder(Path.of(folder.toURI())));
        } else if (folder.openConnection() instanceof JarURLConnection jar) {
          readJar(jar, versions);
        } else {
          throw new InvalidInputException(
              "Cannot list the schemas in %s: expected a folder or a jar on the class path"
                  .formatted(folder));
        }
      }
    } catch (IOException | URISyntaxException e) {
      throw new InvalidInputException(
          "Cannot read the schemas on the class path: %s; check the jars and folders on it"
              .formatted(e),
          e);
    }

    return new SchemaStore(versions);
  }

  private static void readJar(JarURLConnection connection, List<SchemaVersion> versions)
      throws IOException {
    connection.setUseCaches(false);
    try (JarFile jar = connection.getJarFile()) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        String name = entry.getName();
        if (!entry.isDirectory() && name.startsWith(FOLDER + "/") && name.endsWith(SUFFIX)) {
          try (InputStream text = jar.getInputStream(entry)) {
            versions.add(
                SchemaVersion.parse(
                    name.substring(name.lastIndexOf('/') + 1), text, jar.getName() + "!/" + name));
          }
        }
      }
    }
  }

  /** The schema files of a folder and the folders below it, by path. */
  static List<SchemaVersion> readFolder(Path folder) throws IOException {
    List<SchemaVersion> versions = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(f -> f.toString().endsWith(SUFFIX)).sorted().toList();
    }

    for (Path file : files) {
      try (InputStream text = Files.newInputStream(file)) {
        versions.add(
            SchemaVersion.parse(
                String.valueOf(file.getFileName()), text, folder.relativize(file).toString()));
      }
    }

    return versions;
  }

  /**
   * The schema with this fingerprint; of several, which differ in no byte, the earliest version.
   */
  public Optional<SchemaVersion> find(long fingerprint) {
    return Optional.ofNullable(byFingerprint.get(fingerprint));
  }

  /** As {@link #find(long)}; null when there is none, as Avro's interface has it. */
  @Override
  public Schema findByFingerprint(long fingerprint) {
    SchemaVersion version = byFingerprint.get(fingerprint);
    return version == null ? null : version.schema();
  }

  /**
   * The schema of this name and version.
   *
   * @param fullName namespace included
   * @throws InvalidInputException when there is none
   */
  public Schema find(String fullName, int version) {
    SchemaVersion found = byName.getOrDefault(fullName, new TreeMap<>()).get(version);
    if (found == null) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "No schema %s version %d on the class path; %s",
              fullName,
              version,
              byName.isEmpty()
                  ? "there are none at all (they are files avro/<name>.v<number>.avsc)"
                  : "known are "
                      + byName.entrySet().stream()
                          .map(e -> e.getKey() + " " + e.getValue().keySet())
                          .collect(Collectors.joining(", "))));
    }

    return found.schema();
  }

  /** All versions of this name, earliest first; maybe none. */
  public List<SchemaVersion> versions(String fullName) {
    return List.copyOf(byName.getOrDefault(fullName, new TreeMap<>()).values());
  }

  /** All, by name and version. */
  public List<SchemaVersion> all() {
    return byName.values().stream().flatMap(v -> v.values().stream()).toList();
  }

  /** The store as one line of JSON: what a job carries to where its class path does not reach. */
  public String toJson() {
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    try {
      for (SchemaVersion version : all()) {
        array
            .addObject()
            .put("version", version.version())
            .put("source", version.source())
            .set("schema", mapper.readTree(version.schema().toString()));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }

    return array.toString();
  }

  /**
   * The inverse of {@link #toJson}.
   *
   * @throws InvalidInputException when the text is none that {@code toJson} wrote
   */
  public static SchemaStore fromJson(String json) {
    List<SchemaVersion> versions = new ArrayList<>();
    try {
      JsonNode array = new ObjectMapper().readTree(json);
      if (!array.isArray()) {
        throw new IOException("no array");
      }

      for (JsonNode node : array) {
        versions.add(
            new SchemaVersion(
                SchemaParser.parseSingle(node.required("schema").toString()),
                node.required("version").intValue(),
                node.required("source").textValue()));
      }
    } catch (IOException | RuntimeException e) {
      throw new InvalidInputException(
          "Cannot read a schema store: expected what SchemaStore.toJson wrote, found \"%s\""
              .formatted(json.length() > 80 ? json.substring(0, 80) + "…" : json),
          e);
    }

    return new SchemaStore(versions);
  }

  private Object writeReplace() throws ObjectStreamException {
    return new Serialized(toJson());
  }

  private record Serialized(String json) implements Serializable {
    private Object readResolve() throws ObjectStreamException {
      return fromJson(json);
    }
  }
}
