package dev.lambdastack.serving.merge;

import dev.lambdastack.serving.merge.RowMerge.Merged;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.ViewShape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Joins the rows of one answer to their dimensions and merges what comes to the same key and
 * window. Pure. Each id has one attribute here, so each event is under one key, whenever it was
 * written and whatever the dimension was then.
 *
 * <p>Law: the result for a key and window is the aggregate of the events of all ids that have the
 * attribute.
 */
public final class KeyJoin {
  private final ViewShape shape;
  private final ViewShape answered;

  /** For each key column its attribute by id; null for one that is shown as it is. */
  private final List<Map<String, Optional<String>>> attributes = new ArrayList<>();

  private final Map<ByteBuffer, Merged> rows = new LinkedHashMap<>();
  private long eventsWithoutId;
  private long eventsWithoutAttribute;

  /** The answer's key that is asked for; empty for all. */
  private final Optional<List<Object>> only;

  private final Optional<byte[]> onlyPrefix;

  /**
   * @param values of each lookup of the shape: its attribute by id; empty where the dimension has
   *     the id alone
   * @param only the key of the answer that is asked for; empty for all
   */
  public KeyJoin(
      ViewShape shape,
      Map<Lookup, Map<String, Optional<String>>> values,
      Optional<List<Object>> only) {
    this.shape = shape;
    this.answered = shape.answered();
    this.only = only;
    this.onlyPrefix = only.map(key -> RowKey.prefix(answered, key));
    for (Column column : shape.keyColumns()) {
      attributes.add(shape.lookup(column.name()).map(values::get).orElse(null));
    }
  }

  /**
   * The keys that the rows which are asked for are kept under.
   *
   * @param most how many there may be
   * @return empty where they cannot be listed: all are asked for, or unknown ones, or too many
   */
  public Optional<List<List<Object>>> keptKeys(int most) {
    if (only.isEmpty()) {
      return Optional.empty();
    }

    List<Object> answeredKey = only.get();
    List<List<Object>> keys = List.of(List.of());
    for (int i = 0; i < attributes.size(); i++) {
      if (attributes.get(i) == null) {
        keys = extended(keys, List.of(answeredKey.get(i)));
        continue;
      }
      if (answeredKey.get(i).equals(Lookup.UNKNOWN)) {
        return Optional.empty();
      }
      keys = extended(keys, ids(i, answeredKey.get(i)));
      if (keys.size() > most) {
        return Optional.empty();
      }
    }

    return Optional.of(keys);
  }

  private List<Object> ids(int part, Object attribute) {
    Column column = shape.keyColumns().get(part);
    return attributes.get(part).entrySet().stream()
        .filter(e -> e.getValue().equals(Optional.of(attribute)))
        .map(e -> Lookup.part(column, e.getKey()))
        .toList();
  }

  private static List<List<Object>> extended(List<List<Object>> keys, List<Object> parts) {
    List<List<Object>> longer = new ArrayList<>();
    for (List<Object> key : keys) {
      for (Object part : parts) {
        List<Object> next = new ArrayList<>(key);
        next.add(part);
        longer.add(next);
      }
    }
    return longer;
  }

  /** Joins a row of the tables; its aggregate belongs to this join from now on. */
  public void add(Merged row) {
    List<Object> key = new ArrayList<>(RowKey.key(shape, row.rowKey()));
    boolean withoutId = false;
    boolean withoutAttribute = false;
    for (int i = 0; i < key.size(); i++) {
      if (attributes.get(i) != null) {
        Optional<String> attribute = attributes.get(i).get(Lookup.id(key.get(i)));
        withoutId |= attribute == null;
        withoutAttribute |= attribute != null && attribute.isEmpty();
        key.set(i, attribute == null ? Lookup.UNKNOWN : attribute.orElse(Lookup.UNKNOWN));
      }
    }

    byte[] prefix = RowKey.prefix(answered, key);
    if (onlyPrefix.isPresent() && !Arrays.equals(onlyPrefix.get(), prefix)) {
      return;
    }

    if (withoutId) {
      eventsWithoutId += row.whole().events();
    } else if (withoutAttribute) {
      eventsWithoutAttribute += row.whole().events();
    }

    byte[] joined = RowKey.withWindow(prefix, RowKey.windowStart(row.rowKey()));
    rows.merge(
        ByteBuffer.wrap(joined),
        new Merged(joined, row.whole(), row.speedEvents()),
        (a, b) -> {
          a.whole().merge(b.whole());
          return new Merged(joined, a.whole(), a.speedEvents() + b.speedEvents());
        });
  }

  /** How many rows there are. */
  public int size() {
    return rows.size();
  }

  /** The joined rows, in no order; their keys are of {@link ViewShape#answered}. */
  public Collection<Merged> rows() {
    return rows.values();
  }

  /** How many events have {@value Lookup#UNKNOWN} in their key for an id that is not there. */
  public long eventsWithoutId() {
    return eventsWithoutId;
  }

  /** How many events have it only for ids that are there, and have no attribute. */
  public long eventsWithoutAttribute() {
    return eventsWithoutAttribute;
  }
}
