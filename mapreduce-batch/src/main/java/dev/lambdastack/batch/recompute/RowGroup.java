package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.aggregate.ColumnBatch;
import java.io.IOException;

/** The rows of one row group, batch after batch. */
interface RowGroup {
  /** Fills the batch with the next rows; false behind the last. */
  boolean next(ColumnBatch batch) throws IOException;

  /**
   * The rows that came with the last batch and are not in it, as they are no events by the schema
   * that is pinned now. Places are known where coordinates are read.
   */
  default RejectedRows rejected() {
    return RejectedRows.NONE;
  }
}
