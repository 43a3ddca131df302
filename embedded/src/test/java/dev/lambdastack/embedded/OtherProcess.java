package dev.lambdastack.embedded;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;

/** A JVM of its own with this one's class path and module flags. */
final class OtherProcess {
  /** The table, topic and folder that {@link Client} writes to. */
  static final String NAME = "elsewhere";

  private static final long LIMIT_SECONDS = 300;

  private OtherProcess() {}

  /**
   * How a process ended.
   *
   * @param output what it printed to both streams
   * @param afterMainMillis from the end of its main method to its end
   */
  record Outcome(int exitCode, String output, long afterMainMillis) {}

  /** Runs the main method of a class to its end. */
  static Outcome run(Class<?> main, List<Path> beforeClassPath, String... flags) throws Exception {
    Path output = Files.createTempFile("output", ".txt");
    Path ended = Files.createTempFile("ended", ".txt");
    try {
      Process process =
          new ProcessBuilder(command(main, beforeClassPath, flags, ended))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(
            "No end after " + LIMIT_SECONDS + " s:\n" + Files.readString(output));
      }
      long afterMain = System.currentTimeMillis() - Files.getLastModifiedTime(ended).toMillis();
      return new Outcome(process.exitValue(), Files.readString(output), afterMain);
    } finally {
      Files.delete(output);
      Files.delete(ended);
    }
  }

  private static List<String> command(
      Class<?> main, List<Path> beforeClassPath, String[] flags, Path ended) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(flags));
    List<String> classPath = new ArrayList<>();
    beforeClassPath.forEach(folder -> classPath.add(folder.toString()));
    classPath.add(System.getProperty("java.class.path"));
    command.addAll(
        List.of(
            "-cp", String.join(File.pathSeparator, classPath), main.getName(), ended.toString()));
    return command;
  }

  private static void endOfMain(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), "ended", StandardCharsets.UTF_8);
  }

  /** Writes to all three by what the site files on its class path say. */
  static final class Client {
    private Client() {}

    public static void main(String[] arguments) throws Exception {
      Configuration conf = HBaseConfiguration.create();
      conf.addResource("lambda-site.xml");
      try (FileSystem fs = FileSystem.get(conf)) {
        fs.mkdirs(new org.apache.hadoop.fs.Path("/" + NAME));
      }
      try (Connection connection = ConnectionFactory.createConnection(conf)) {
        HBaseProbe.put(connection, TableName.valueOf(NAME), "row", "from the other process");
      }
      KafkaProbe.send(conf.get("lambda.kafka.bootstrap-servers"), NAME, "from the other process");
      endOfMain(arguments);
    }
  }

  /**
   * Starts clusters of its own, uses them, closes them and returns from main without ending the
   * JVM.
   */
  static final class Host {
    private Host() {}

    public static void main(String[] arguments) throws Exception {
      try (EmbeddedClusters clusters = EmbeddedClusters.start()) {
        clusters.kafka().createTopic(NAME, 1);
        KafkaProbe.send(clusters.kafka().bootstrapServers(), NAME, "x");
        TableName table = TableName.valueOf(NAME);
        try (Connection connection = ConnectionFactory.createConnection(clusters.configuration());
            Admin admin = connection.getAdmin()) {
          HBaseProbe.createTable(connection, table);
          HBaseProbe.put(connection, table, "row", "x");
          admin.disableTable(table);
          admin.deleteTable(table);
        }
      }
      endOfMain(arguments);
    }
  }
}
