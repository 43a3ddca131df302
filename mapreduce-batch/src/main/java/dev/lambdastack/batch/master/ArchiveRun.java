package dev.lambdastack.batch.master;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.handoff.Horizon;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an archive run has added to a topic's table: all records of the epochs {@code [fromEpoch,
 * toEpoch)}, and no others. It is kept with the table when its snapshot has expired.
 *
 * @param number counts from 1 in each topic
 * @param topicId Kafka's id of the topic
 * @param previous digest of the run before; empty for the first
 * @param runId of the run that committed it
 * @param fromEpoch inclusive; the {@code toEpoch} of the run before, 0 for the first
 * @param toEpoch exclusive: the horizon, the first epoch that the table does not hold
 * @param eventTimeMin the earliest valid event time; older events are dead letters
 * @param partitions by number; all partitions of the topic
 * @param pinned CRC-64-AVRO, in hex, of the pinned schema that its files follow
 * @param sequence files of the table whose data sequence number is not greater hold nothing behind
 *     the horizon
 * @param counts of records
 */
public record ArchiveRun(
    long number,
    String topic,
    String topicId,
    Optional<String> previous,
    String runId,
    Duration epochLength,
    long fromEpoch,
    long toEpoch,
    Instant eventTimeMin,
    SortedMap<Integer, PartitionRange> partitions,
    String pinned,
    long sequence,
    Counts counts,
    Instant created) {
  private static final int LAYOUT = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Records that a run read from the log: read = events + deadLetters + ticks.
   *
   * @param deadLetters records that are no valid events
   */
  public record Counts(long read, long events, long deadLetters, long ticks) {
    public Counts {
      if (events + deadLetters + ticks != read) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%d events + %d dead letters + %d ticks (expected the %d records that were read)",
                events,
                deadLetters,
                ticks,
                read));
      }
    }
  }

  public ArchiveRun {
    partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));

    if (number < 1 || toEpoch <= fromEpoch || previous.isPresent() != number > 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "archive run %d of epochs [%d, %d) behind %s (expected a number from 1, a run before unless it is the first, and at least one epoch)",
              number,
              fromEpoch,
              toEpoch,
              previous.orElse("none")));
    }
  }

  /** How many offsets retention had removed before the run could archive them. */
  public long lost() {
    return partitions.values().stream().mapToLong(PartitionRange::lost).sum();
  }

  /** The horizon of a version that is computed up to this run. */
  public Horizon horizon() {
    Map<Integer, Long> ends = new TreeMap<>();
    partitions.forEach((partition, range) -> ends.put(partition, range.end()));
    return new Horizon(toEpoch, ends);
  }

  /** The run at another place of the table's history: what it does when a commit was first. */
  ArchiveRun withSequence(long newSequence) {
    return new ArchiveRun(
        number,
        topic,
        topicId,
        previous,
        runId,
        epochLength,
        fromEpoch,
        toEpoch,
        eventTimeMin,
        partitions,
        pinned,
        newSequence,
        counts,
        created);
  }

  /** SHA-256 of {@link #toJson}, in hex; the next run and versions name it. */
  public String digest() {
    return sha256(toJson());
  }

  static String sha256(String json) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One line, fields in a fixed order: equal runs have equal texts. */
  public String toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("layout", LAYOUT);
    json.put("number", number);
    json.put("topic", topic);
    json.put("topicId", topicId);
    previous.ifPresent(p -> json.put("previous", p));
    json.put("runId", runId);
    json.put("created", created.toString());
    json.put("epochMillis", epochLength.toMillis());
    json.put("fromEpoch", fromEpoch);
    json.put("toEpoch", toEpoch);
    json.put("eventTimeMin", eventTimeMin.toString());
    json.put("schema", pinned);
    json.put("sequence", sequence);
    json.put("read", counts.read());
    json.put("events", counts.events());
    json.put("deadLetters", counts.deadLetters());
    json.put("ticks", counts.ticks());

    ObjectNode ranges = json.putObject("partitions");
    partitions.forEach((partition, range) -> ranges.set(partition.toString(), rangeJson(range)));
    return json.toString();
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

  /**
   * The inverse of {@link #toJson}.
   *
   * @throws IllegalArgumentException when the text is no run of a known layout
   */
  public static ArchiveRun fromJson(String text) {
    try {
      JsonNode json = MAPPER.readTree(text);
      int layout = json.required("layout").intValue();
      if (layout != LAYOUT) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "layout %d (expected %d)", layout, LAYOUT));
      }

      SortedMap<Integer, PartitionRange> partitions = new TreeMap<>();
      json.required("partitions")
          .properties()
          .forEach(e -> partitions.put(Integer.valueOf(e.getKey()), range(e.getValue())));

      return new ArchiveRun(
          json.required("number").longValue(),
          json.required("topic").textValue(),
          json.required("topicId").textValue(),
          Optional.ofNullable(json.get("previous")).map(JsonNode::textValue),
          json.required("runId").textValue(),
          Duration.ofMillis(json.required("epochMillis").longValue()),
          json.required("fromEpoch").longValue(),
          json.required("toEpoch").longValue(),
          Instant.parse(json.required("eventTimeMin").textValue()),
          partitions,
          json.required("schema").textValue(),
          json.required("sequence").longValue(),
          new Counts(
              json.required("read").longValue(),
              json.required("events").longValue(),
              json.required("deadLetters").longValue(),
              json.required("ticks").longValue()),
          Instant.parse(json.required("created").textValue()));
    } catch (IOException | RuntimeException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new IllegalArgumentException(
          "no archive run: " + why.lines().findFirst().orElse(why), e);
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
        json.path("lost").longValue(),
        leaderEpoch == null ? OptionalInt.empty() : OptionalInt.of(leaderEpoch.intValue()),
        boundaries);
  }
}
