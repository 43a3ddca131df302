/**
 * Records that are no events, after they were archived: what they are, and producing them again
 * once they can be read.
 */
package dev.lambdastack.batch.deadletters;
