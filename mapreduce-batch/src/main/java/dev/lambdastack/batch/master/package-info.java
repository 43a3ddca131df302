/**
 * The master dataset: of each topic an Iceberg table of its events, and one of what is no event.
 * Rows are added and never changed; which archive runs the rows are of is part of the table.
 */
package dev.lambdastack.batch.master;
