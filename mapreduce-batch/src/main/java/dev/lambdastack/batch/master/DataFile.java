package dev.lambdastack.batch.master;

import java.time.LocalDate;
import java.util.Optional;

/**
 * One Parquet file of the master dataset.
 *
 * @param path relative to the master folder
 * @param eventDate the UTC date of all its events; empty for a mixed file
 * @param rows at least 1
 * @param partition all rows are from this partition
 * @param startOffset no row has an earlier offset
 * @param endOffset exclusive
 * @param minEventTime the earliest, milliseconds since 1970; as {@code maxEventTime}, {@code
 *     minAppendTime} and {@code maxAppendTime}, inclusive
 * @param lengthBytes of the file
 * @param sha256 of its bytes, in hex
 */
public record DataFile(
    String path,
    Optional<LocalDate> eventDate,
    long rows,
    int partition,
    long startOffset,
    long endOffset,
    long minEventTime,
    long maxEventTime,
    long minAppendTime,
    long maxAppendTime,
    long lengthBytes,
    String sha256) {}
