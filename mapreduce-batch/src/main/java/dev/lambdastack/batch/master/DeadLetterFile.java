package dev.lambdastack.batch.master;

/**
 * One Parquet file of records that are no events, as {@link FileSchema#DEAD_LETTER}.
 *
 * @param path relative to the master folder
 * @param rows at least 1
 * @param partition all rows are from this partition
 * @param startOffset no row has an earlier offset
 * @param endOffset exclusive
 * @param lengthBytes of the file
 * @param sha256 of its bytes, in hex
 */
public record DeadLetterFile(
    String path,
    long rows,
    int partition,
    long startOffset,
    long endOffset,
    long lengthBytes,
    String sha256) {}
