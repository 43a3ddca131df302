/** The {@code views} command: what is declared, and what answers. */
package dev.lambdastack.cli.ask;
