/**
 * A Kafka topic as both layers see it: which topics are refused, what a tick is, and at which
 * offset an epoch begins. What the archive finds by Kafka's index here, the speed job finds by the
 * running maximum of {@link dev.lambdastack.views.handoff.LogTime}; the two are the same offset.
 */
package dev.lambdastack.log;
