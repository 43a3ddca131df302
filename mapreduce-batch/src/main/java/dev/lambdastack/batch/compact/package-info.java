/**
 * The upkeep of the master dataset: few large files in the place of many small ones, and the
 * removal of files that nothing reads any more.
 */
package dev.lambdastack.batch.compact;
