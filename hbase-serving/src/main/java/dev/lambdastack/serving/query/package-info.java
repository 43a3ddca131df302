/** The {@code query} command, and how every command of the stack ends: {@link CommandRunner}. */
package dev.lambdastack.serving.query;

import dev.lambdastack.console.CommandRunner;
