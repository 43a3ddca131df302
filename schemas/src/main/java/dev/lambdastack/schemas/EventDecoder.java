package dev.lambdastack.schemas;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.RowKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * The one way from a record's value to an event, and the one predicate of what is an event: the
 * archive and the speed job both call it, and decide alike on every record, whatever columns each
 * asks for. It never throws for bad bytes.
 *
 * <p>Not thread-safe: one for each thread. Make it where it is used; the {@link SchemaStore}
 * travels.
 */
public final class EventDecoder {
  /** The marker {@code C3 01} and the writer schema's fingerprint, least significant byte first. */
  public static final int HEADER_BYTES = 10;

  /** How far an event time may lie ahead of the append time. */
  public static final Duration MAX_AHEAD = Duration.ofDays(1);

  /** Of a schema registry's wire format: a zero, and a schema's id of four bytes. */
  private static final int REGISTRY_HEADER_BYTES = 5;

  private static final int MARKER_0 = 0xC3;
  private static final int MARKER_1 = 0x01;

  private final EventType type;
  private final long earliest;
  private final long pinnedFingerprint;
  private final Map<Long, WriterPlan> plans = new HashMap<>();
  private final Map<Long, SchemaVersion> others = new HashMap<>();
  private final Cursor cursor = new Cursor();
  private final EventRow row;
  private final DecodedEvent event;

  /**
   * A decoder.
   *
   * @param schemas where writer schemas are found; the type's own is known besides
   * @param columns names of columns of the type, in the order in which rows have them; may be empty
   * @param eventTimeMin the earliest event time that is taken
   * @throws InvalidInputException when a column does not exist, or a version of the event in the
   *     store cannot be read by the type's pinned schema
   */
  public EventDecoder(
      SchemaStore schemas, EventType type, List<String> columns, Instant eventTimeMin) {
    if (new HashSet<>(columns).size() < columns.size()) {
      throw new IllegalArgumentException("a column stands twice in " + columns);
    }
    columns.forEach(type::column);

    this.type = type;
    this.earliest = eventTimeMin.toEpochMilli();
    this.row = new EventRow(columns.size());
    this.event = new DecodedEvent(row);

    Schema pinned = type.schema();
    this.pinnedFingerprint = SchemaNormalization.parsingFingerprint64(pinned);

    Set<String> names = new HashSet<>(pinned.getAliases());
    names.add(pinned.getFullName());
    for (SchemaVersion version : schemas.all()) {
      if (!names.contains(version.fullName())) {
        others.putIfAbsent(version.fingerprint(), version);
        continue;
      }

      checkReadable(version);
      plans.putIfAbsent(
          version.fingerprint(), new WriterPlan(version, type, pinnedFingerprint, columns));
    }

    plans.computeIfAbsent(
        pinnedFingerprint,
        f ->
            new WriterPlan(
                new SchemaVersion(pinned, 1, "topic " + type.topic()), type, f, columns));
  }

  /** CRC-64-AVRO of the pinned reader schema. */
  public long pinnedFingerprint() {
    return pinnedFingerprint;
  }

  private void checkReadable(SchemaVersion version) {
    for (Evolution.Problem problem : Evolution.problems(type.schema(), version.schema())) {
      throw new InvalidInputException(
          "Cannot read topic %s: its schema cannot read events of %s (%s), field '%s': %s; check the folder with SchemaCheck"
              .formatted(type.topic(), version, version.source(), problem.field(), problem.why()));
    }
  }

  /**
   * The event in a record's value, or why there is none.
   *
   * @param value may be null; must not change until the next call
   * @param appendTimeMillis the record's append time, milliseconds since 1970
   */
  public Decoded decode(byte[] value, int partition, long offset, long appendTimeMillis) {
    if (value == null) {
      return new Rejection(Rejection.Reason.NULL_VALUE, "the record has no value");
    }
    if (value.length < HEADER_BYTES
        || (value[0] & 0xFF) != MARKER_0
        || (value[1] & 0xFF) != MARKER_1) {
      return new Rejection(Rejection.Reason.NOT_SINGLE_OBJECT, notSingleObject(value));
    }

    long fingerprint = fingerprint(value);
    WriterPlan plan = plans.get(fingerprint);
    if (plan == null) {
      return unknown(fingerprint);
    }

    cursor.reset(value, HEADER_BYTES);
    row.place(value, partition, offset);
    try {
      plan.read(cursor, row);
    } catch (MalformedException e) {
      return new Rejection(
          Rejection.Reason.CORRUPT, "no %s: %s".formatted(plan.writer(), e.getMessage()));
    }

    Optional<Rejection> rejection = judge(row.eventTime(), appendTimeMillis, row.keyTextBytes());
    return rejection.isPresent() ? rejection.get() : event.set(plan, value);
  }

  private static String notSingleObject(byte[] value) {
    String found =
        String.format(
            Locale.ROOT,
            "expected C3 01 and a schema's fingerprint, found %d bytes%s%s",
            value.length,
            value.length == 0 ? "" : ": ",
            HexFormat.ofDelimiter(" ")
                .withUpperCase()
                .formatHex(value, 0, Math.min(value.length, HEADER_BYTES)));

    boolean registered = value.length >= REGISTRY_HEADER_BYTES && value[0] == 0;
    return registered
        ? String.format(
            Locale.ROOT,
            "%s; it begins like the wire format of a schema registry (00 and schema id %d): send Avro's single-object encoding, as Avro's BinaryMessageEncoder or EventEncoder makes it",
            found,
            ByteBuffer.wrap(value, 1, Integer.BYTES).getInt())
        : found;
  }

  /**
   * Why an event that decodes is none all the same: its time is absurd, or its texts are too long.
   * For those who have an event by its columns.
   *
   * @param eventTimeMillis by the type's pinned schema, as all of this
   * @param keyTextBytes of its {@link #keyTexts} together
   */
  public Optional<Rejection> judge(long eventTimeMillis, long appendTimeMillis, long keyTextBytes) {
    if (eventTimeMillis < earliest) {
      return Optional.of(
          new Rejection(
              Rejection.Reason.EVENT_TIME_TOO_EARLY,
              "event time %s lies before %s".formatted(text(eventTimeMillis), text(earliest))));
    }

    long ahead = MAX_AHEAD.toMillis();
    long latest =
        appendTimeMillis > Long.MAX_VALUE - ahead ? Long.MAX_VALUE : appendTimeMillis + ahead;
    if (eventTimeMillis > latest) {
      return Optional.of(
          new Rejection(
              Rejection.Reason.EVENT_TIME_AHEAD,
              String.format(
                  Locale.ROOT,
                  "event time %s is more than %d hours ahead of the append time %s",
                  text(eventTimeMillis),
                  MAX_AHEAD.toHours(),
                  text(appendTimeMillis))));
    }

    if (keyTextBytes > RowKey.MAX_TEXT_BYTES) {
      return Optional.of(
          new Rejection(
              Rejection.Reason.TEXT_TOO_LONG,
              String.format(
                  Locale.ROOT,
                  "the texts of the columns that are never null have %d bytes together, more than %d; a long text needs a column that may be null",
                  keyTextBytes,
                  RowKey.MAX_TEXT_BYTES)));
    }

    return Optional.empty();
  }

  /** The columns whose texts a view may be keyed by, and which are therefore not of any length. */
  public static List<String> keyTexts(EventType type) {
    // An enum's symbols are the schema's, not the producer's.
    return type.columns().values().stream()
        .filter(c -> c.type() == ColumnType.STRING && !c.nullable())
        .map(Column::name)
        .filter(n -> type.schema().getField(n).schema().getType() == Schema.Type.STRING)
        .toList();
  }

  private Rejection unknown(long fingerprint) {
    SchemaVersion other = others.get(fingerprint);
    return other == null
        ? new Rejection(
            Rejection.Reason.UNKNOWN_SCHEMA,
            String.format(
                Locale.ROOT, "no schema with fingerprint %016x on the class path", fingerprint))
        : new Rejection(
            Rejection.Reason.OTHER_EVENT,
            "a %s, where topic %s has %s"
                .formatted(other, type.topic(), type.schema().getFullName()));
  }

  private static long fingerprint(byte[] value) {
    long fingerprint = 0;
    for (int i = HEADER_BYTES - 1; i >= 2; i--) {
      fingerprint = fingerprint << 8 | value[i] & 0xFF;
    }
    return fingerprint;
  }

  private static String text(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}
