/**
 * Kafka, HDFS, HBase, Flink and YARN in this JVM, by their production classes: on free ports of the
 * loopback interface, in a directory of their own that goes when they are closed.
 *
 * <p>{@link EmbeddedClusters} starts what the stack needs; each part can be had alone. They are for
 * tests, demonstrations and a first look: one broker, one ZooKeeper, no replication worth the name,
 * and disk writes that are not forced.
 */
package dev.lambdastack.embedded;
