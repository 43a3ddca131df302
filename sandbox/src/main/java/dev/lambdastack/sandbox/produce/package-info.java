/** Source rows as events on the topic, and what became of each. */
package dev.lambdastack.sandbox.produce;
