/** What flows between the operators of the speed job, each with its own wire form. */
package dev.lambdastack.speed.message;
