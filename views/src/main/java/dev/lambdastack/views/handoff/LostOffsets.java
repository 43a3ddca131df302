package dev.lambdastack.views.handoff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The offsets of a topic whose records retention had removed before they were archived. No version
 * holds them.
 *
 * @param count of these offsets; more than in {@code spans} where it was noted before they were
 * @param spans by partition, ascending
 */
public record LostOffsets(long count, SortedMap<Integer, List<Span>> spans) {
  /** Nothing is lost. */
  public static final LostOffsets NONE = new LostOffsets(0, new TreeMap<>());

  /**
   * A stretch of one partition.
   *
   * @param start inclusive
   * @param end exclusive
   */
  public record Span(long start, long end) {
    public Span {
      if (start < 0 || end <= start) {
        throw new IllegalArgumentException("offsets [" + start + ", " + end + ")");
      }
    }

    long count() {
      return end - start;
    }
  }

  public LostOffsets {
    SortedMap<Integer, List<Span>> copy = new TreeMap<>();
    spans.forEach((partition, of) -> copy.put(partition, List.copyOf(of)));
    spans = Collections.unmodifiableSortedMap(copy);
    if (count < sum(spans)) {
      throw new IllegalArgumentException(count + " offsets are fewer than those of " + spans);
    }
  }

  private static long sum(Map<Integer, List<Span>> spans) {
    return spans.values().stream().flatMap(List::stream).mapToLong(Span::count).sum();
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /** These, and a later stretch of the partition; these alone where it is empty. */
  public LostOffsets with(int partition, long start, long end) {
    if (start == end) {
      return this;
    }
    SortedMap<Integer, List<Span>> more = new TreeMap<>(spans);
    List<Span> of = new ArrayList<>(more.getOrDefault(partition, List.of()));
    of.add(new Span(start, end));
    more.put(partition, of);
    return new LostOffsets(count + end - start, more);
  }

  /** These and others, of which none is among these. */
  public LostOffsets and(LostOffsets others) {
    LostOffsets all = this;
    for (Map.Entry<Integer, List<Span>> partition : others.spans.entrySet()) {
      for (Span span : partition.getValue()) {
        all = all.with(partition.getKey(), span.start, span.end);
      }
    }
    return all;
  }

  /** Those of them that are at or behind the partition's offset; all of a partition without one. */
  public LostOffsets from(Map<Integer, Long> offsets) {
    LostOffsets found = NONE;
    for (Map.Entry<Integer, List<Span>> partition : spans.entrySet()) {
      long from = offsets.getOrDefault(partition.getKey(), 0L);
      for (Span span : partition.getValue()) {
        found =
            found.with(partition.getKey(), Math.max(from, span.start), Math.max(from, span.end));
      }
    }
    return found;
  }

  /** Those of them that lie before the partition's offset; none of a partition without one. */
  LostOffsets before(Map<Integer, Long> offsets) {
    LostOffsets found = NONE;
    for (Map.Entry<Integer, List<Span>> partition : spans.entrySet()) {
      long end = offsets.getOrDefault(partition.getKey(), 0L);
      for (Span span : partition.getValue()) {
        found = found.with(partition.getKey(), Math.min(end, span.start), Math.min(end, span.end));
      }
    }
    return found;
  }

  /** Those of them that are not lost to the other. */
  LostOffsets without(LostOffsets other) {
    LostOffsets found = NONE;
    for (Map.Entry<Integer, List<Span>> partition : spans.entrySet()) {
      List<Span> taken = other.spans.getOrDefault(partition.getKey(), List.of());
      for (Span span : partition.getValue()) {
        long start = span.start;
        for (Span gone : taken) {
          found =
              found.with(
                  partition.getKey(), start, Math.max(start, Math.min(span.end, gone.start)));
          start = Math.max(start, Math.min(span.end, gone.end));
        }
        found = found.with(partition.getKey(), start, span.end);
      }
    }

    return found;
  }

  /** Of each partition a list of pairs: start and end. */
  public ObjectNode spansJson() {
    ObjectNode json = Json.object();
    spans.forEach(
        (partition, of) -> {
          ArrayNode list = json.putArray(partition.toString());
          of.forEach(span -> list.addArray().add(span.start).add(span.end));
        });
    return json;
  }

  /**
   * The inverse of {@link #spansJson}.
   *
   * @param spans missing where the places were not noted
   */
  public static LostOffsets of(long count, JsonNode spans) {
    SortedMap<Integer, List<Span>> found = new TreeMap<>();
    spans
        .fields()
        .forEachRemaining(
            partition -> {
              List<Span> of = new ArrayList<>();
              partition
                  .getValue()
                  .forEach(pair -> of.add(new Span(pair.get(0).asLong(), pair.get(1).asLong())));
              found.put(Integer.valueOf(partition.getKey()), of);
            });

    return new LostOffsets(count, found);
  }

  /** {@code [0, 5) of partition 0, [3, 4) of partition 2}. */
  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    spans.forEach(
        (partition, of) ->
            of.forEach(
                span ->
                    words.add("[" + span.start + ", " + span.end + ") of partition " + partition)));
    return String.join(", ", words);
  }
}
