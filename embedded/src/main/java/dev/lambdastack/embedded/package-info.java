/** Kafka, HDFS and HBase in this JVM, on free ports and in a directory of their own. */
package dev.lambdastack.embedded;
