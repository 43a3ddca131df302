/**
 * How the rows of the two layers become answers: pure, without HBase. Rows come in ascending order
 * of their row keys and leave in the same order, one for each key and window.
 */
package dev.lambdastack.serving.merge;
