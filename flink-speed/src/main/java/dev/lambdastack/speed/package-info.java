/** The events that no version holds yet, kept as speed rows. */
package dev.lambdastack.speed;
