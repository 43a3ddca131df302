/** Alert rules over a topic: from its records to alerts on a topic and in a table, each once. */
package dev.lambdastack.speed.alert;
