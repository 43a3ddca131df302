/** The whole architecture in one JVM. */
package dev.lambdastack.sandbox;
