/** How every command looks and ends: its formats, its exit codes, its one line for each fault. */
package dev.lambdastack.console;
