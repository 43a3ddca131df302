package dev.lambdastack.serving.store;

import static dev.lambdastack.serving.store.PublishedTable.FAMILY;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.hadoop.hbase.Cell;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.util.Bytes;

/** What one read of a view's row in {@link PublishedTable} says, decoded. */
final class PublishedColumns {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Result result;

  PublishedColumns(Result result) {
    this.result = result;
  }

  Optional<PublishedRow> pointer() {
    return Optional.ofNullable(result.getValue(FAMILY, PublishedTable.POINTER))
        .map(json -> PublishedRow.fromJson(Bytes.toString(json)));
  }

  /** Complete versions that may be published, by number. */
  List<Version> versions() {
    return versions(PublishedTable.VERSION);
  }

  /** Versions of a moment in the past, by number. */
  List<Version> pastVersions() {
    return versions(PublishedTable.AS_OF);
  }

  private List<Version> versions(String prefix) {
    return numbered(prefix).values().stream().map(Version::fromJson).toList();
  }

  /** A version of either kind. */
  Optional<Version> version(long number) {
    return Stream.of(PublishedTable.VERSION, PublishedTable.AS_OF)
        .flatMap(prefix -> text(prefix, number).stream())
        .map(Version::fromJson)
        .findFirst();
  }

  List<Generation> generations() {
    return numbered(PublishedTable.GENERATION).values().stream().map(Generation::fromJson).toList();
  }

  /** Runs that make versions, by the version's number. */
  Map<Long, String> making() {
    return numbered(PublishedTable.MAKING);
  }

  /** As the cell stands, for a compare-and-set; null for none. */
  byte[] lastVersionCell() {
    return result.getValue(FAMILY, PublishedTable.LAST_VERSION);
  }

  /** The greatest number that any version was given; 0 for none. */
  long lastVersion() {
    byte[] given = lastVersionCell();
    LongStream complete =
        Stream.concat(versions().stream(), pastVersions().stream()).mapToLong(Version::number);
    return complete.reduce(given == null ? 0 : Bytes.toLong(given), Math::max);
  }

  PublishedRow.Known known() {
    Map<Generation, Progress> progress = new HashMap<>();
    for (Generation generation : generations()) {
      progress.put(generation, progress(generation.number()));
    }
    return new PublishedRow.Known(pointer(), progress);
  }

  Progress progress(long generation) {
    Map<Integer, Progress.Applied> applied = new TreeMap<>();
    byQualifier(PublishedTable.PROGRESS, generation + ".")
        .forEach(
            (partition, value) -> {
              ByteBuffer buffer = ByteBuffer.wrap(value);
              applied.put(
                  partition.intValue(), new Progress.Applied(buffer.getLong(), buffer.getLong()));
            });
    return new Progress(applied);
  }

  /**
   * Every table that an entry names, of whatever kind the entry is: one that a later release wrote
   * keeps its table, too.
   */
  Set<String> tables() {
    NavigableMap<byte[], byte[]> columns = result.getFamilyMap(FAMILY);
    if (columns == null) {
      return Set.of();
    }

    Set<String> tables = new TreeSet<>();
    for (byte[] value : columns.values()) {
      try {
        JsonNode entry = MAPPER.readTree(value);
        tables.addAll(entry.findValuesAsText("table"));
      } catch (IOException e) {
        // A number, or the name of a run: no JSON.
      }
    }
    return tables;
  }

  /** A numbered column as text. */
  Optional<String> text(String prefix, long number) {
    return Optional.ofNullable(result.getValue(FAMILY, PublishedTable.numbered(prefix, number)))
        .map(Bytes::toString);
  }

  /** When a numbered column was written last, by the region's clock. */
  Optional<Instant> written(String prefix, long number) {
    Cell cell = result.getColumnLatestCell(FAMILY, PublishedTable.numbered(prefix, number));
    return Optional.ofNullable(cell).map(c -> Instant.ofEpochMilli(c.getTimestamp()));
  }

  private Map<Long, String> numbered(String prefix) {
    Map<Long, String> texts = new TreeMap<>();
    byQualifier(FAMILY, prefix)
        .forEach((number, value) -> texts.put(number, Bytes.toString(value)));
    return texts;
  }

  /**
   * The columns whose qualifiers are the prefix and a number, by that number. Others are of a later
   * release and mean nothing here.
   */
  private NavigableMap<Long, byte[]> byQualifier(byte[] family, String prefix) {
    NavigableMap<Long, byte[]> values = new TreeMap<>();
    NavigableMap<byte[], byte[]> columns = result.getFamilyMap(family);
    if (columns == null) {
      return values;
    }

    columns.forEach(
        (qualifier, value) -> {
          String name = Bytes.toString(qualifier);
          String number = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
          if (NUMBER.matcher(number).matches()) {
            values.put(Long.valueOf(number), value);
          }
        });
    return values;
  }
}
