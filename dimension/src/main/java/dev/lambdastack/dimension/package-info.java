/** A dimension's compacted topic, kept in HBase for whoever joins answers to it. */
package dev.lambdastack.dimension;
