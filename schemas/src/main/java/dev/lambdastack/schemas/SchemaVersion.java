package dev.lambdastack.schemas;

import static java.util.Objects.requireNonNull;

import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;

/**
 * One version of an event's schema.
 *
 * @param schema a record schema
 * @param version from 1; part of the file name
 * @param source where it was read, for messages
 */
public record SchemaVersion(Schema schema, int version, String source) {
  private static final Pattern FILE_NAME =
      Pattern.compile("([A-Za-z0-9_-]+)\\.v([1-9][0-9]{0,5})\\.avsc");

  public SchemaVersion {
    requireNonNull(source);
    if (version < 1) {
      throw new IllegalArgumentException("version " + version + " of " + schema.getFullName());
    }
    if (schema.getType() != Schema.Type.RECORD) {
      throw new InvalidInputException(
          "Cannot use schema %s: expected a record, found %s".formatted(source, schema.getType()));
    }
  }

  /** The full name, namespace included. */
  public String fullName() {
    return schema.getFullName();
  }

  /**
   * CRC-64-AVRO of the Parsing Canonical Form, as it stands in front of an event in single-object
   * encoding.
   */
  public long fingerprint() {
    return SchemaNormalization.parsingFingerprint64(schema);
  }

  /** The event's name without namespace, and the version: {@code Order v1}. */
  @Override
  public String toString() {
    return schema.getName() + " v" + version;
  }

  /**
   * Reads a file {@code <name>.v<number>.avsc}.
   *
   * @param fileName without folders
   * @param source where the text comes from, for messages
   * @throws InvalidInputException when the name or the text is none of a schema version
   */
  static SchemaVersion parse(String fileName, InputStream text, String source) throws IOException {
    Matcher name = FILE_NAME.matcher(fileName);
    if (!name.matches()) {
      throw new InvalidInputException(
          "Cannot use schema %s: expected a file name like order.v1.avsc, found %s"
              .formatted(source, fileName));
    }

    Schema schema;
    try {
      schema = SchemaParser.parseSingle(new String(text.readAllBytes(), StandardCharsets.UTF_8));
    } catch (AvroRuntimeException e) {
      throw new InvalidInputException(
          "Cannot use schema %s: %s (each file holds one record schema with all that it refers to)"
              .formatted(source, oneLine(e)),
          e);
    }

    return new SchemaVersion(schema, Integer.parseInt(name.group(2)), source);
  }

  private static String oneLine(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return message.lines().findFirst().orElse(cause.getClass().getSimpleName()).strip();
  }
}
