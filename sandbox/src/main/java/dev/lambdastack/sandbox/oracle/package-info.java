/**
 * The judge: it works every answer out once more from the source rows, with {@code BigDecimal} and
 * {@code HashSet} alone, and reads what the stack says through its client like anyone else. It
 * shares no code with the views that it judges.
 */
package dev.lambdastack.sandbox.oracle;
