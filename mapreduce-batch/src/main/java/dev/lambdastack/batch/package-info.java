/** Kafka to the master dataset, the master dataset to a published version. */
package dev.lambdastack.batch;
