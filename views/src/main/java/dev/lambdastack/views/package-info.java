/**
 * The contract of the Lambda stack: what a view is, how its aggregates merge, how its rows and
 * cells are laid out, and the rules of the hand-off between the batch layer and the speed layer.
 * Pure Java: no engine, no I/O.
 *
 * <p>All intervals are half-open, all times are UTC, all lengths are milliseconds unless the name
 * says otherwise. Parameters and results are never null unless a method says so.
 */
package dev.lambdastack.views;
