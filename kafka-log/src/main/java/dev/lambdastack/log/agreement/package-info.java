/**
 * What both layers must take alike of a topic: its partitions, the earliest event time, the
 * event-time column and the schemas. It is noted beside the master dataset.
 */
package dev.lambdastack.log.agreement;
