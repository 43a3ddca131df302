package dev.lambdastack.serving.merge;

import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.aggregate.Aggregate;

/**
 * What one layer says of one key and window.
 *
 * @param rowKey see {@link RowKey}; not copied
 * @param aggregate belongs to whoever holds this row and may be merged into
 */
public record LayerRow(byte[] rowKey, Aggregate aggregate) {}
