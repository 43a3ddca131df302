package dev.lambdastack.batch.compact;

import java.time.Duration;
import java.util.List;

/**
 * What a compaction did, or would do.
 *
 * @param sequences of the manifests that were committed: one for each schema; empty when there was
 *     nothing to do or the run was dry
 * @param filesBefore that were rewritten
 * @param filesAfter that stand in their place; 0 of a dry run
 * @param rows in them, before and after
 */
public record CompactionResult(
    String topic,
    List<Long> sequences,
    int filesBefore,
    int filesAfter,
    long rows,
    long bytesBefore,
    long bytesAfter,
    Duration duration) {
  public CompactionResult {
    sequences = List.copyOf(sequences);
  }

  /** Whether there was nothing to rewrite. */
  public boolean isEmpty() {
    return filesBefore == 0;
  }
}
