/** The schemas of all events and the one way to decode them. */
package dev.lambdastack.schemas;
