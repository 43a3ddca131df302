/** From contributions to totals: one for each row and epoch, until the epoch closes. */
package dev.lambdastack.speed.window;
