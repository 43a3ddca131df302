/** Whether the master dataset is what its archive runs say, and how far it is behind the log. */
package dev.lambdastack.batch.audit;
