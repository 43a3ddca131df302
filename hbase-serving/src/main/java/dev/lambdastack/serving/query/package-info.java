/** The {@code query} command: an answer as a table, as CSV or as JSON. */
package dev.lambdastack.serving.query;
