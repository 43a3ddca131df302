/**
 * Raw events of a topic, wherever they are: those before the archive's horizon from the master
 * dataset, later ones from the log.
 */
package dev.lambdastack.batch.events;
