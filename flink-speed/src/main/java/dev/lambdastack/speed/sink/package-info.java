/** From totals to cells: durable when a checkpoint says so. */
package dev.lambdastack.speed.sink;
