/** What the jobs of the batch layer share: jars, settings, identity of a run. */
package dev.lambdastack.batch.job;
