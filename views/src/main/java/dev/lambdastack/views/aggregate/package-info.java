/**
 * What a view computes of its events: accumulators, by the row and by the column, and the sketch of
 * distinct values.
 */
package dev.lambdastack.views.aggregate;
