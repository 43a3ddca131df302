package dev.lambdastack.dimension;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.store.DimensionStore.Change;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.Row;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.aggregate.Aggregate;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the records of a dimension's topic say. The Kafka key is the id, since that is what Kafka
 * compacts by; a record that is not the event of its key is passed over and leaves the id as it
 * was. For one thread.
 */
final class DimensionRecords {
  /** A dimension may say from when it holds, in whatever past or future. */
  private static final long ANY_TIME = Long.MAX_VALUE;

  private final EventType dimension;
  private final Column id;
  private final List<String> attributes;
  private final EventDecoder decoder;
  private final Map<String, Integer> partitions = new HashMap<>();

  /** What was read: a change, or why there is none. */
  record Read(Optional<Change> change, String problem) {
    private static Read of(Change change) {
      return new Read(Optional.of(change), "");
    }

    private static Read passedOver(String problem) {
      return new Read(Optional.empty(), problem);
    }
  }

  DimensionRecords(EventType dimension, SchemaStore schemas) {
    this.dimension = dimension;
    this.id = dimension.column(dimension.partitionKey());
    this.attributes =
        dimension.columns().values().stream()
            .filter(c -> c.type() == ColumnType.STRING && !c.name().equals(id.name()))
            .map(Column::name)
            .toList();
    List<String> columns = new ArrayList<>(attributes);
    columns.add(id.name());
    this.decoder =
        new EventDecoder(schemas, dimension, columns, Instant.ofEpochMilli(Long.MIN_VALUE));
  }

  /** The names of all text columns but the id: what views can show. */
  List<String> attributes() {
    return attributes;
  }

  /**
   * Reads a record.
   *
   * @param key may be null
   * @param value null for a tombstone
   * @throws InvalidInputException when the id was in another partition before: then nobody knows
   *     which of its records is the newest
   */
  Read read(byte[] key, byte[] value, int partition, long offset) {
    if (key == null) {
      return Read.passedOver("it has no key");
    }
    if (key.length > RowKey.MAX_TEXT_BYTES) {
      return tooLong("its key has", key.length, RowKey.MAX_TEXT_BYTES);
    }

    String text = new String(key, StandardCharsets.UTF_8);
    if (value == null) {
      checkPartition(text, partition);
      return Read.of(new Change(text, offset, Optional.empty()));
    }

    Decoded decoded = decoder.decode(value, partition, offset, ANY_TIME);
    if (decoded instanceof Rejection rejection) {
      return Read.passedOver(rejection.reason() + " " + rejection.detail());
    }

    Row row = ((DecodedEvent) decoded).row();
    String found = Lookup.id(idOf(row));
    if (!found.equals(text)) {
      return Read.passedOver(
          "its key is '%s' and its %s is '%s'".formatted(text, id.name(), found));
    }

    long kept = attributeBytes(row);
    if (kept > Aggregate.MAX_KEPT_TEXT_BYTES) {
      return tooLong("its attributes have", kept, Aggregate.MAX_KEPT_TEXT_BYTES);
    }

    checkPartition(text, partition);
    return Read.of(new Change(text, offset, values(row)));
  }

  private static Read tooLong(String what, long found, long most) {
    return Read.passedOver(
        String.format(Locale.ROOT, "%s %d bytes of text, more than %d", what, found, most));
  }

  private long attributeBytes(Row row) {
    long bytes = 0;
    for (int i = 0; i < attributes.size(); i++) {
      bytes += row.isNull(i) ? 0 : row.utf8At(i).length;
    }
    return bytes;
  }

  private Object idOf(Row row) {
    int column = attributes.size();
    return switch (id.type()) {
      case STRING -> row.stringAt(column);
      case LONG -> row.longAt(column);
      case DECIMAL -> row.decimalAt(column, id.scale());
      case TIMESTAMP -> Instant.ofEpochMilli(row.longAt(column));
      case BOOLEAN -> row.longAt(column) != 0;
      case DOUBLE -> throw new AssertionError("ids are never floating point");
    };
  }

  private Map<String, String> values(Row row) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < attributes.size(); i++) {
      if (!row.isNull(i)) {
        values.put(attributes.get(i), row.stringAt(i));
      }
    }
    return values;
  }

  private void checkPartition(String key, int partition) {
    Integer before = partitions.putIfAbsent(key, partition);
    if (before != null && before != partition) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot load dimension %s: key '%s' stands in partitions %d and %d, so nobody knows which record is newer (were partitions added?); send the dimension to a new topic",
              dimension.topic(),
              key,
              before,
              partition));
    }
  }
}
