package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaCheckTest {
  private static final String V1 =
      """
      {"type":"record","name":"Click","namespace":"t","fields":[
       {"name":"user","type":"string"},
       {"name":"n","type":"int"},
       {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
       {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["a","b"]}},
       {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
       {"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
       {"name":"note","type":["null","string"],"default":null},
       {"name":"tags","type":{"type":"array","items":{"type":"record","name":"Tag","fields":[
         {"name":"weight","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}}}]}
      """;

  @TempDir Path folder;

  private void write(String file, String schema) throws IOException {
    Files.writeString(folder.resolve(file), schema);
  }

  private record Outcome(int code, String out, String err) {}

  private static Outcome run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        SchemaCheck.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** This is what fails the build. */
  @Test
  void theSchemasOfThisModuleGoTogether() {
    assertThat(SchemaCheck.problems(Path.of("avro"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          a field without default is added | {"name":"n" | {"name":"more","type":"int"},{"name":"n" | more
          a field without default goes | {"name":"n","type":"int"}, | | n
          a field is renamed | "user" | "person" | user
          a field is renamed with an alias | {"name":"n" | {"name":"m","aliases":["n"] | n
          a type is widened | "type":"int" | "type":"long" | n
          a type changes | "type":"int" | "type":"string" | n
          text becomes bytes | "user","type":"string" | "user","type":"bytes" | user
          a field becomes nullable | "type":"int" | "type":["null","int"] | n
          a field becomes never null | ["null","string"],"default":null | "string" | note
          the scale changes | "scale":2}}, | "scale":3}}, | price
          the precision changes | "precision":9,"scale":2}}, | "precision":10,"scale":2}}, | price
          a decimal becomes mere bytes | {"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}, | "bytes"}, | price
          a nested scale changes | "scale":2}}]}}} | "scale":3}}]}}} | tags.weight
          milliseconds become microseconds | timestamp-millis | timestamp-micros | at
          a time becomes a number | {"type":"long","logicalType":"timestamp-millis"} | "long" | at
          an enum grows | ["a","b"] | ["a","b","c"] | kind
          an enum shrinks | ["a","b"] | ["a"] | kind
          a fixed changes its size | "size":4 | "size":5 | hash
          a nested type is renamed | "name":"Tag" | "name":"Label" | tags
          """)
  void anIncompatibleVersionIsCaught(String what, String from, String to, String field)
      throws IOException {
    String before = from.strip();
    String after = to == null ? "" : to.strip();
    assertThat(V1).contains(before);
    write("click.v1.avsc", V1);
    write("click.v2.avsc", V1.replace(before, after));
    Outcome outcome = run(folder.toString());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().lines())
        .as(what)
        .isNotEmpty()
        .allMatch(l -> l.startsWith("click.v2.avsc: field '"))
        .anyMatch(l -> l.contains("field '" + field + "'"))
        .allMatch(l -> l.endsWith("add one of a new name with a default"));
  }

  @Test
  void aFieldWithADefaultMayComeAndGo() throws IOException {
    String with =
        V1.replace(
            "{\"name\":\"n\"",
            "{\"name\":\"extra\",\"type\":\"long\",\"default\":0},{\"name\":\"n\"");
    write("click.v1.avsc", V1);
    write("click.v2.avsc", with);
    write("click.v3.avsc", V1.replace("\"t\"", "\"t\",\"doc\":\"again without\""));
    assertThat(run(folder.toString()))
        .isEqualTo(new Outcome(0, "All schemas in " + folder + " go together.\n", ""));
  }

  @Test
  void anEnumWithADefaultMayGrow() throws IOException {
    String open = V1.replace("[\"a\",\"b\"]", "[\"a\",\"b\"],\"default\":\"a\"");
    write("click.v1.avsc", open);
    write("click.v2.avsc", open.replace("[\"a\",\"b\"]", "[\"a\",\"b\",\"c\"]"));
    assertThat(run(folder.toString()).err()).isEmpty();
  }

  /** Avro's "transitive": v3 goes with v2, and v2 with v1, but not v3 with v1. */
  @Test
  void aVersionMustGoWithAllBeforeItNotOnlyTheLast() throws IOException {
    write("click.v1.avsc", V1);
    write(
        "click.v2.avsc",
        V1.replace(
            "{\"name\":\"n\"", "{\"name\":\"x\",\"type\":\"int\",\"default\":0},{\"name\":\"n\""));
    write("click.v3.avsc", V1);
    write(
        "click.v4.avsc",
        V1.replace(
            "{\"name\":\"n\"",
            "{\"name\":\"x\",\"type\":\"string\",\"default\":\"\"},{\"name\":\"n\""));
    assertThat(SchemaCheck.problems(folder))
        .isNotEmpty()
        .allMatch(p -> p.startsWith("click.v4.avsc: field 'x'") && p.contains("Click v2"));
  }

  @Test
  void aMissingVersionIsCaught() throws IOException {
    write("click.v1.avsc", V1);
    write("click.v3.avsc", V1);
    assertThat(SchemaCheck.problems(folder))
        .singleElement()
        .asString()
        .contains("click.v3.avsc: version 2 is missing", "bring back click.v2.avsc");
  }

  @Test
  void anotherRecordUnderTheSameFileNameIsCaught() throws IOException {
    write("click.v1.avsc", V1);
    write("click.v2.avsc", V1.replace("\"Click\"", "\"Tap\""));
    assertThat(SchemaCheck.problems(folder))
        .singleElement()
        .asString()
        .contains("t.Tap", "t.Click");
  }

  @Test
  void oneRecordUnderTwoFileNamesIsCaught() throws IOException {
    write("click.v1.avsc", V1);
    write("tap.v1.avsc", V1);
    assertThat(SchemaCheck.problems(folder))
        .singleElement()
        .asString()
        .contains("t.Click", "click");
  }

  @Test
  void whatIsNoSchemaVersionGetsOneLine() throws IOException {
    assertThat(run().err()).startsWith("Usage:");
    assertThat(run(folder.resolve("none").toString()).err())
        .contains("expected a folder, found nothing");
    assertThat(run(folder.toString()).err()).contains("found none");
    write("click.avsc", V1);
    assertThat(run(folder.toString()).err().lines())
        .singleElement()
        .asString()
        .contains("expected a file name like order.v1.avsc, found click.avsc");
    Files.delete(folder.resolve("click.avsc"));
    write("click.v1.avsc", V1.substring(0, 100));
    Outcome broken = run(folder.toString());
    assertThat(broken.code()).isEqualTo(2);
    assertThat(broken.err().lines())
        .singleElement()
        .asString()
        .startsWith("Cannot use schema click.v1.avsc:");
    write("click.v1.avsc", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\"]}");
    assertThat(run(folder.toString()).err()).contains("expected a record, found ENUM");
    write("click.v1.avsc", V1.replace("\"type\":\"int\"", "\"type\":\"t.Elsewhere\""));
    assertThat(run(folder.toString()).err().lines())
        .singleElement()
        .asString()
        .contains("Elsewhere");
  }
}
