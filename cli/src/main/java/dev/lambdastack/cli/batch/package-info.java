/** The batch layer's verbs of the {@code lambda} command. */
package dev.lambdastack.cli.batch;
