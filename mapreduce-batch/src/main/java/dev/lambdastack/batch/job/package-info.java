/** What the archive and the recompute share: jars, settings, identity of a run. */
package dev.lambdastack.batch.job;
