package dev.lambdastack.batch.master;

import dev.lambdastack.views.handoff.Horizon;
import java.time.LocalDate;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One Parquet file of the master dataset.
 *
 * @param path relative to the master folder
 * @param eventDate the UTC date of all its events; empty for a mixed file
 * @param rows at least 1
 * @param offsets by partition: every row is from one of these partitions and within its span; a
 *     span may hold offsets whose rows are in other files
 * @param minEventTime the earliest, milliseconds since 1970; as {@code maxEventTime}, {@code
 *     minAppendTime} and {@code maxAppendTime}, inclusive
 * @param lengthBytes of the file
 * @param sha256 of its bytes, in hex
 */
public record DataFile(
    String path,
    Optional<LocalDate> eventDate,
    long rows,
    SortedMap<Integer, OffsetSpan> offsets,
    long minEventTime,
    long maxEventTime,
    long minAppendTime,
    long maxAppendTime,
    long lengthBytes,
    String sha256) {
  public DataFile {
    offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
  }

  /** Where the rows of a file lie, seen from a horizon. */
  public enum Side {
    /** The horizon holds all rows. */
    BEFORE,
    /** The horizon holds no row. */
    BEHIND,
    /**
     * Not to be told from the spans: look at each row's {@code _partition} and {@code _offset}, as
     * {@link Horizon#holds} does.
     */
    EITHER
  }

  /** Which rows of the file the horizon holds. */
  public Side side(Horizon horizon) {
    boolean before = true;
    boolean behind = true;
    for (Map.Entry<Integer, OffsetSpan> entry : offsets.entrySet()) {
      long end = horizon.offsets().getOrDefault(entry.getKey(), 0L);
      before &= entry.getValue().end() <= end;
      behind &= entry.getValue().start() >= end;
    }
    return before ? Side.BEFORE : behind ? Side.BEHIND : Side.EITHER;
  }
}
