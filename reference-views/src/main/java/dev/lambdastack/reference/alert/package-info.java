/** The rules of the guide's alerts: pure logic over the events of a key. */
package dev.lambdastack.reference.alert;
