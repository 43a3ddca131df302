/**
 * How a speed job or an alert job starts: what it goes on from, where it runs, its folder of
 * checkpoints, and the handle by which it is watched and ended.
 */
package dev.lambdastack.speed.launch;
