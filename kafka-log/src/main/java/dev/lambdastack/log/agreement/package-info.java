/** What both layers must take alike of a topic, noted beside the master dataset. */
package dev.lambdastack.log.agreement;
