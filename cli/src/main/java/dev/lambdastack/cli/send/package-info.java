/** The {@code produce} command: events from lines of JSON. */
package dev.lambdastack.cli.send;
