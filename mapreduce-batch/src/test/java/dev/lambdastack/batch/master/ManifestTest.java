package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class ManifestTest {
  private static final Schema SCHEMA =
      SchemaBuilder.record("Hit").fields().requiredLong("event_time").endRecord();

  static Manifest manifest(long sequence, Optional<String> previous, long from, long to) {
    return new Manifest(
        sequence,
        "hits",
        "Abc-123",
        previous,
        "20260131T120000Z-9f86d081",
        Duration.ofMinutes(10),
        from,
        to,
        Instant.parse("1990-01-01T00:00:00Z"),
        new TreeMap<>(
            Map.of(
                0,
                new PartitionRange(
                    10, 25, OptionalInt.of(4), new TreeMap<>(Map.of(from + 1, 12L, to, 25L))),
                1,
                new PartitionRange(
                    0, 0, OptionalInt.empty(), new TreeMap<>(Map.of(from + 1, 0L))))),
        SCHEMA,
        List.of(
            new DataFile(
                "hits/event_date=2026-01-31/a.parquet",
                Optional.of(LocalDate.parse("2026-01-31")),
                9,
                0,
                10,
                25,
                1,
                2,
                3,
                4,
                500,
                "aa"),
            new DataFile(
                "hits/event_date=mixed/a.parquet",
                Optional.empty(),
                2,
                0,
                10,
                25,
                1,
                2,
                3,
                4,
                90,
                "bb")),
        List.of(new DeadLetterFile("hits/_dead_letters/a.parquet", 1, 0, 10, 25, 70, "cc")),
        14,
        2,
        Instant.parse("2026-01-31T12:00:01.500Z"));
  }

  /** Files that were written once must be read for ever. */
  @Test
  void hasTheseBytes() {
    String expected =
        """
        {
          "layout" : 1,
          "sequence" : 2,
          "topic" : "hits",
          "topicId" : "Abc-123",
          "previous" : "ab12",
          "runId" : "20260131T120000Z-9f86d081",
          "created" : "2026-01-31T12:00:01.500Z",
          "epochMillis" : 600000,
          "fromEpoch" : 5,
          "toEpoch" : 8,
          "eventTimeMin" : "1990-01-01T00:00:00Z",
          "read" : 14,
          "ticks" : 2,
          "events" : 11,
          "deadLetters" : 1,
          "partitions" : {
            "0" : {
              "start" : 10,
              "end" : 25,
              "leaderEpoch" : 4,
              "boundaries" : [ [ 6, 12 ], [ 8, 25 ] ]
            },
            "1" : {
              "start" : 0,
              "end" : 0,
              "boundaries" : [ [ 6, 0 ] ]
            }
          },
          "schemaFingerprint" : "%s",
          "schema" : "{\\"type\\":\\"record\\",\\"name\\":\\"Hit\\",\\"fields\\":[{\\"name\\":\\"event_time\\",\\"type\\":\\"long\\"}]}",
          "files" : [ {
            "path" : "hits/event_date=2026-01-31/a.parquet",
            "eventDate" : "2026-01-31",
            "rows" : 9,
            "partition" : 0,
            "startOffset" : 10,
            "endOffset" : 25,
            "minEventTime" : 1,
            "maxEventTime" : 2,
            "minAppendTime" : 3,
            "maxAppendTime" : 4,
            "length" : 500,
            "sha256" : "aa"
          }, {
            "path" : "hits/event_date=mixed/a.parquet",
            "rows" : 2,
            "partition" : 0,
            "startOffset" : 10,
            "endOffset" : 25,
            "minEventTime" : 1,
            "maxEventTime" : 2,
            "minAppendTime" : 3,
            "maxAppendTime" : 4,
            "length" : 90,
            "sha256" : "bb"
          } ],
          "deadLetterFiles" : [ {
            "path" : "hits/_dead_letters/a.parquet",
            "rows" : 1,
            "partition" : 0,
            "startOffset" : 10,
            "endOffset" : 25,
            "length" : 70,
            "sha256" : "cc"
          } ]
        }
        """
            .formatted(
                "%016x"
                    .formatted(org.apache.avro.SchemaNormalization.parsingFingerprint64(SCHEMA)));
    Manifest manifest = manifest(2, Optional.of("ab12"), 5, 8);
    assertThat(new String(manifest.toJson(), StandardCharsets.UTF_8)).isEqualTo(expected);
    assertThat(Manifest.fromJson(expected.getBytes(StandardCharsets.UTF_8))).isEqualTo(manifest);
  }

  @Test
  void theFirstNamesNoneBeforeIt() {
    Manifest first = manifest(1, Optional.empty(), 0, 8);
    assertThat(Manifest.fromJson(first.toJson())).isEqualTo(first);
    assertThat(new String(first.toJson(), StandardCharsets.UTF_8)).doesNotContain("previous");
  }

  @Test
  void knowsTheBoundaryOfEachOfItsEpochs() {
    PartitionRange range = manifest(2, Optional.of("ab12"), 5, 8).partitions().get(0);
    assertThat(range.boundary(6)).isEqualTo(12);
    assertThat(range.boundary(7)).isEqualTo(12);
    assertThat(range.boundary(8)).isEqualTo(25);
    assertThatThrownBy(() -> range.boundary(5)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void countsMustAddUp() {
    Manifest m = manifest(1, Optional.empty(), 0, 8);
    assertThatThrownBy(
            () ->
                new Manifest(
                    1,
                    m.topic(),
                    m.topicId(),
                    m.previous(),
                    m.runId(),
                    m.epochLength(),
                    0,
                    8,
                    m.eventTimeMin(),
                    m.partitions(),
                    m.schema(),
                    m.files(),
                    m.deadLetters(),
                    15,
                    2,
                    m.created()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("are not the 15 records read");
  }

  @Test
  void anotherLayoutIsNotRead() {
    String text =
        new String(manifest(1, Optional.empty(), 0, 8).toJson(), StandardCharsets.UTF_8)
            .replace("\"layout\" : 1", "\"layout\" : 2");
    assertThatThrownBy(() -> Manifest.fromJson(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layout 2 (expected 1)");
    assertThatThrownBy(() -> Manifest.fromJson(new byte[] {'{'}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
