package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.Row;
import java.io.IOException;

/** The rows of one row group, one after the other. */
interface RowGroup {
  /** Goes to the next row; false behind the last. */
  boolean next() throws IOException;

  /** The row; the same object may be used for the next. */
  Row row();
}
