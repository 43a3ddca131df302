package dev.lambdastack.batch.compact;

import java.time.Duration;

/**
 * What a compaction did, or would do.
 *
 * @param commits to the table: one for each schema; none when there was nothing to do or the run
 *     was dry
 * @param filesBefore that were rewritten
 * @param filesAfter that stand in their place; 0 of a dry run
 * @param rows in them, before and after
 */
public record CompactionResult(
    String topic,
    int commits,
    int filesBefore,
    int filesAfter,
    long rows,
    long bytesBefore,
    long bytesAfter,
    Duration duration) {
  /** Whether there was nothing to rewrite. */
  public boolean isEmpty() {
    return filesBefore == 0;
  }
}
