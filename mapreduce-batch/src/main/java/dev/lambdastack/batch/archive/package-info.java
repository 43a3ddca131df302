/**
 * Kafka to master dataset: whole epochs, read by a map-only job over ranges of offsets, committed
 * as one snapshot of the table.
 */
package dev.lambdastack.batch.archive;
