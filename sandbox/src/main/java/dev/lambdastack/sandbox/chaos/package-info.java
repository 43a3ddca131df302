/**
 * Faults at random while events flow: servers die, writes are refused, checkpoints fail. The oracle
 * judges every answer.
 */
package dev.lambdastack.sandbox.chaos;
