/** What is durable, said to readers; and what keeps log time moving. */
package dev.lambdastack.speed.progress;
