/**
 * Master dataset to batch version: a frozen list of files, read by column, aggregated in the
 * mappers, written as HFiles into a new table.
 */
package dev.lambdastack.batch.recompute;
