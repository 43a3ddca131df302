/** What the jobs of both stages share: jars, settings, identity of a run. */
package dev.lambdastack.batch.job;
