/**
 * A copy of the master dataset and of what answers in HBase, and the way back into an empty
 * cluster.
 */
package dev.lambdastack.batch.backup;
