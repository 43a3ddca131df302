package dev.lambdastack.batch;

import dev.lambdastack.embedded.EmbeddedYarn;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;

/** Nodes of a cluster that have Hadoop's jars by themselves and no others. */
public final class HadoopNodes {
  /** A node whose digits, zone and charset are none of those that the command has. */
  private static final String FOREIGN_HOST =
      "JAVA_TOOL_OPTIONS=-Duser.language=fa -Duser.country=IR -Duser.timezone=Asia/Kathmandu -Dfile.encoding=US-ASCII";

  /** Jars that no Hadoop has. */
  private static final Pattern NOT_OF_HADOOP =
      Pattern.compile(
          "^(datasketches|flink|hbase|jts|kafka|lz4|parquet|zstd)-|^(%s)-[0-9]"
              .formatted(
                  "embedded|hbase-serving|kafka-log|mapreduce-batch|schemas|settings|views"));

  private HadoopNodes() {}

  /** What jobs are given to run there, in other processes. */
  public static Configuration configuration(Servers servers, EmbeddedYarn yarn) {
    Configuration conf = servers.configurationWithHBase();
    yarn.configuration().forEach(e -> conf.set(e.getKey(), e.getValue()));
    for (String environment :
        List.of("mapreduce.map.env", "mapreduce.reduce.env", "yarn.app.mapreduce.am.env")) {
      conf.set(environment, FOREIGN_HOST);
    }

    conf.setBoolean("yarn.is.minicluster", false);
    conf.set("yarn.application.classpath", ofHadoop());
    conf.set("mapreduce.application.classpath", ofHadoop());
    return conf;
  }

  /** What a node has by itself; the rest must come with the job. */
  private static String ofHadoop() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar"))
        .filter(entry -> !NOT_OF_HADOOP.matcher(Path.of(entry).getFileName().toString()).find())
        .collect(Collectors.joining(","));
  }
}
