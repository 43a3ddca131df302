/** Which version answers: the flip to a new one, and back. */
package dev.lambdastack.batch.publish;
