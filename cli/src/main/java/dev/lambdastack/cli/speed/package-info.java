/** The verbs that go on until Ctrl-C: the speed layer, dimensions and alerts. */
package dev.lambdastack.cli.speed;
