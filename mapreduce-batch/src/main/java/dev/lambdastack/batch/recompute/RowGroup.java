package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.ColumnBatch;
import java.io.IOException;

/** The rows of one row group, batch after batch. */
interface RowGroup {
  /** Fills the batch with the next rows; false behind the last. */
  boolean next(ColumnBatch batch) throws IOException;
}
