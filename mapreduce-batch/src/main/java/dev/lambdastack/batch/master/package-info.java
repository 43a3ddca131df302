/**
 * The master dataset: the Parquet files that committed manifests list. Append-only; readers list
 * manifests, never folders of files.
 */
package dev.lambdastack.batch.master;
