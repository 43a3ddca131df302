/**
 * What a life of a speed job does: decided once, before the job starts, and the same in each task.
 */
package dev.lambdastack.speed.plan;
