/** From the log to contributions: every record once, with its log time. */
package dev.lambdastack.speed.source;
