/** The {@code lambda} command. */
package dev.lambdastack.cli;
