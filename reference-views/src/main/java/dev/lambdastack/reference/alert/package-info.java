/** The rules of the reference alerts: pure logic over the events of a key. */
package dev.lambdastack.reference.alert;
