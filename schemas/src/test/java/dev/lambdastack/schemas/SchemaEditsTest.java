package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaEditsTest {
  private static final String PAY =
      """
      {"type":"record","name":"Pay","namespace":"shop","doc":"one","fields":[
       {"name":"made","type":{"type":"long","logicalType":"timestamp-millis"}},
       {"name":"user","type":"string"},
       {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
       {"name":"tip","type":["null",{"type":"fixed","name":"Tip","size":8,"logicalType":"decimal","precision":12,"scale":2}],"default":null},
       {"name":"day","type":{"type":"int","logicalType":"date"}},
       {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["buy","swap"]}},
       {"name":"count","type":"int","default":1},
       {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
         {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}}}]}""";

  private static Schema schema(String text) {
    return SchemaParser.parseSingle(text);
  }

  private static SchemaVersion version(Schema schema) {
    return new SchemaVersion(schema, 1, "shop/pay.v1.avsc");
  }

  private static Schema edited(String from, String to) {
    assertThat(PAY).contains(from);
    return schema(PAY.replaceFirst(Pattern.quote(from), to));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "precision":9,"scale":2 | "precision":9,"scale":3 | amount | bytes decimal(9,2) | bytes decimal(9,3)
          "precision":9,"scale":2 | "precision":10,"scale":2 | amount | bytes decimal(9,2) | bytes decimal(10,2)
          "precision":12,"scale":2 | "precision":12,"scale":4 | tip | fixed decimal(12,2) | fixed decimal(12,4)
          "size":8 | "size":16 | tip | 8 bytes | 16 bytes
          timestamp-millis | timestamp-micros | made | long timestamp-millis | long timestamp-micros
          timestamp-millis | local-timestamp-millis | made | long timestamp-millis | long local-timestamp-millis
          "type":"int","logicalType":"date" | "type":"int" | day | int date | int
          "buy","swap" | "swap","buy" | kind | symbols [buy, swap] | symbols [swap, buy]
          "default":1 | "default":2 | count | default 1 | default 2
          "name":"count","type":"int","default":1 | "name":"count","type":"string","default":"1" | count | int | string
          "name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2} | "name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":0} | lines.price | bytes decimal(9,2) | bytes decimal(9,0)
          """)
  void anEditInPlaceIsRefusedByItsField(
      String from, String to, String field, String expected, String found) {
    assertThatThrownBy(() -> SchemaEdits.check("pays", version(edited(from, to)), schema(PAY)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            "Cannot use schema shop/pay.v1.avsc: it was edited since events of topic pays were taken by it: field '%s' (expected %s, found %s);"
                .formatted(field, expected, found));
  }

  @Test
  void wordsForPeopleMayChange() {
    Schema other = edited("\"doc\":\"one\"", "\"doc\":\"two\",\"owner\":\"me\"");
    assertThatCode(() -> SchemaEdits.check("pays", version(other), schema(PAY)))
        .doesNotThrowAnyException();
  }

  /** Where only the archive knows what the schema was, its fingerprint tells which one is meant. */
  @Test
  void theFingerprintFindsTheVersionThatTheArchiveWasWrittenBy() {
    Schema other = edited("\"precision\":9,\"scale\":2", "\"precision\":9,\"scale\":3");
    assertThat(SchemaNormalization.parsingFingerprint64(other))
        .isEqualTo(SchemaNormalization.parsingFingerprint64(schema(PAY)));
    assertArchivedRefused(
        other,
        "it was edited",
        "field 'amount' (expected bytes decimal(9,2), found bytes decimal(9,3))");
    assertArchivedRefused(
        edited("\"name\":\"user\",\"type\":\"string\"", "\"name\":\"user\",\"type\":\"bytes\""),
        "shop/pay.v1.avsc",
        "it cannot read what is archived of topic pays, field 'user'");
  }

  private static void assertArchivedRefused(Schema now, String... parts) {
    SchemaStore store = SchemaStore.of(List.of(version(now)));
    EventType type = EventType.of("pays", now, "made", "kind");
    assertThatThrownBy(() -> SchemaEdits.checkArchived(store, type, List.of(schema(PAY))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(parts);
    assertThatCode(() -> SchemaEdits.checkArchived(store, type, List.of(now)))
        .doesNotThrowAnyException();
  }
}
