package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.Test;

class ManifestTest {
  private static final Schema SCHEMA =
      SchemaBuilder.record("Hit").fields().requiredLong("event_time").endRecord();

  private static final String FINGERPRINT =
      String.format(Locale.ROOT, "%016x", SchemaNormalization.parsingFingerprint64(SCHEMA));

  private static final SortedMap<Integer, OffsetSpan> SPAN =
      new TreeMap<>(Map.of(0, new OffsetSpan(10, 25)));

  static ArchiveManifest manifest(long sequence, Optional<String> previous, long from, long to) {
    return new ArchiveManifest(
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
                String.format(Locale.ROOT, "hits/event_date=2026-01-31/a%d.parquet", sequence),
                Optional.of(LocalDate.parse("2026-01-31")),
                9,
                SPAN,
                1,
                2,
                3,
                4,
                500,
                "aa"),
            new DataFile(
                String.format(Locale.ROOT, "hits/event_date=mixed/a%d.parquet", sequence),
                Optional.empty(),
                2,
                SPAN,
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

  /** In place of the files that manifest {@code of} added. */
  static CompactionManifest compaction(long sequence, String previous, String name, long of) {
    SortedMap<Integer, OffsetSpan> spans = new TreeMap<>(SPAN);
    spans.put(1, new OffsetSpan(0, 7));
    return new CompactionManifest(
        sequence,
        "hits",
        Optional.of(previous),
        "20260131T130000Z-" + name,
        SCHEMA,
        List.of(
            new DataFile(
                "hits/event_date=2026-01-31/%s.parquet".formatted(name),
                Optional.of(LocalDate.parse("2026-01-31")),
                11,
                spans,
                1,
                2,
                3,
                4,
                550,
                "dd")),
        List.of(
            String.format(Locale.ROOT, "hits/event_date=2026-01-31/a%d.parquet", of),
            String.format(Locale.ROOT, "hits/event_date=mixed/a%d.parquet", of)),
        Instant.parse("2026-01-31T13:00:01.500Z"));
  }

  /** Files that were written once must be read for ever. */
  @Test
  void hasTheseBytes() {
    String expected =
        """
        {
          "layout" : 2,
          "kind" : "archive",
          "sequence" : 2,
          "topic" : "hits",
          "previous" : "ab12",
          "runId" : "20260131T120000Z-9f86d081",
          "created" : "2026-01-31T12:00:01.500Z",
          "topicId" : "Abc-123",
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
            "path" : "hits/event_date=2026-01-31/a2.parquet",
            "eventDate" : "2026-01-31",
            "rows" : 9,
            "offsets" : {
              "0" : [ 10, 25 ]
            },
            "minEventTime" : 1,
            "maxEventTime" : 2,
            "minAppendTime" : 3,
            "maxAppendTime" : 4,
            "length" : 500,
            "sha256" : "aa"
          }, {
            "path" : "hits/event_date=mixed/a2.parquet",
            "rows" : 2,
            "offsets" : {
              "0" : [ 10, 25 ]
            },
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
            .formatted(FINGERPRINT);
    ArchiveManifest manifest = manifest(2, Optional.of("ab12"), 5, 8);
    assertThat(text(manifest)).isEqualTo(expected);
    assertThat(ManifestJson.read(expected.getBytes(StandardCharsets.UTF_8))).isEqualTo(manifest);
  }

  @Test
  void aCompactionHasTheseBytes() {
    String expected =
        """
        {
          "layout" : 2,
          "kind" : "compaction",
          "sequence" : 3,
          "topic" : "hits",
          "previous" : "cd34",
          "runId" : "20260131T130000Z-c",
          "created" : "2026-01-31T13:00:01.500Z",
          "events" : 11,
          "schemaFingerprint" : "%s",
          "schema" : "{\\"type\\":\\"record\\",\\"name\\":\\"Hit\\",\\"fields\\":[{\\"name\\":\\"event_time\\",\\"type\\":\\"long\\"}]}",
          "files" : [ {
            "path" : "hits/event_date=2026-01-31/c.parquet",
            "eventDate" : "2026-01-31",
            "rows" : 11,
            "offsets" : {
              "0" : [ 10, 25 ],
              "1" : [ 0, 7 ]
            },
            "minEventTime" : 1,
            "maxEventTime" : 2,
            "minAppendTime" : 3,
            "maxAppendTime" : 4,
            "length" : 550,
            "sha256" : "dd"
          } ],
          "superseded" : [ "hits/event_date=2026-01-31/a2.parquet", "hits/event_date=mixed/a2.parquet" ]
        }
        """
            .formatted(FINGERPRINT);
    CompactionManifest manifest = compaction(3, "cd34", "c", 2);
    assertThat(text(manifest)).isEqualTo(expected);
    assertThat(ManifestJson.read(expected.getBytes(StandardCharsets.UTF_8))).isEqualTo(manifest);
  }

  /** What was written before there were kinds and files of several partitions. */
  @Test
  void layout1IsStillRead() {
    String first =
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
            "path" : "hits/event_date=2026-01-31/a2.parquet",
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
            "path" : "hits/event_date=mixed/a2.parquet",
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
            .formatted(FINGERPRINT);
    assertThat(ManifestJson.read(first.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(manifest(2, Optional.of("ab12"), 5, 8));
  }

  @Test
  void theFirstNamesNoneBeforeIt() {
    Manifest first = manifest(1, Optional.empty(), 0, 8);
    assertThat(ManifestJson.read(ManifestJson.write(first))).isEqualTo(first);
    assertThat(text(first)).doesNotContain("previous");
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
    ArchiveManifest m = manifest(1, Optional.empty(), 0, 8);
    assertThatThrownBy(
            () ->
                new ArchiveManifest(
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
        .hasMessageContaining("expected the 15 records that were read");
  }

  @Test
  void anotherLayoutIsNotRead() {
    String text = text(manifest(1, Optional.empty(), 0, 8));
    assertThatThrownBy(() -> read(text.replace("\"layout\" : 2", "\"layout\" : 3")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layout 3 (expected 1 to 2)");
    assertThatThrownBy(() -> read(text.replace("\"archive\"", "\"erasure\"")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kind 'erasure'");
    assertThatThrownBy(() -> read("{")).isInstanceOf(IllegalArgumentException.class);
  }

  private static Manifest read(String text) {
    return ManifestJson.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(Manifest manifest) {
    return new String(ManifestJson.write(manifest), StandardCharsets.UTF_8);
  }
}
