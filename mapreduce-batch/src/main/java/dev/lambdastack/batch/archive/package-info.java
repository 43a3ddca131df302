/**
 * Kafka to master dataset: whole epochs, read by a map-only job over ranges of offsets, committed
 * by one manifest.
 */
package dev.lambdastack.batch.archive;
