package dev.lambdastack.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstContactTest {
  private static final String BROKERS = "lambda.kafka.bootstrap-servers";
  private static final String ZOOKEEPER_PORT = "hbase.zookeeper.property.clientPort";

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /** A port where nobody listens. */
  private static int closed() throws IOException {
    try (ServerSocket socket = listening()) {
      return socket.getLocalPort();
    }
  }

  private static void kafka(Configuration conf) {
    FirstContact.kafka(LambdaConfig.of(conf));
  }

  private static Configuration with(String key, String value) {
    Configuration conf = HBaseConfiguration.create();
    conf.set(key, value);
    return conf;
  }

  @Test
  void whereNobodyListensItSaysWhoAndWhereAndByWhatSetting() throws IOException {
    String brokers = String.format(Locale.ROOT, "localhost:%d,127.0.0.1:%d", closed(), closed());
    assertThatThrownBy(() -> kafka(with(BROKERS, brokers)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageStartingWith("Cannot reach Kafka at %s (from -D %s)".formatted(brokers, BROKERS))
        .hasMessageContainingAll("Connection refused", "LAMBDA_CONF", "lambda-site.xml");
    int port = closed();
    assertThatThrownBy(() -> FirstContact.hbase(with(ZOOKEEPER_PORT, "" + port)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageStartingWith(
            String.format(
                Locale.ROOT,
                "Cannot reach HBase through ZooKeeper at 127.0.0.1:%d (from -D %s)",
                port,
                ZOOKEEPER_PORT));
    assertThatThrownBy(
            () ->
                FirstContact.hdfs(
                    new Configuration(), String.format(Locale.ROOT, "hdfs://localhost:%d/m", port)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining(
            String.format(Locale.ROOT, "lambda.master=hdfs://localhost:%d/m at localhost:", port));
  }

  @Test
  void itNamesTheFileThatSaysSo(@TempDir Path folder) throws IOException {
    int port = closed();
    Path site = folder.resolve("hbase-site.xml");
    Files.writeString(
        site,
        String.format(
            Locale.ROOT,
            "<configuration><property><name>%s</name><value>%d</value></property></configuration>",
            ZOOKEEPER_PORT,
            port));
    withFilesOf(
        folder,
        () -> {
          Configuration conf = new Configuration();
          conf.addResource("hbase-default.xml");
          conf.addResource("hbase-site.xml");
          assertThatThrownBy(() -> FirstContact.hbase(conf))
              .isInstanceOf(UnavailableException.class)
              .hasMessageContaining(
                  String.format(Locale.ROOT, "127.0.0.1:%d (from %s)", port, site));
        });
  }

  /** On the class path, as a command has the folder that {@code LAMBDA_CONF} names. */
  private static void withFilesOf(Path folder, Runnable work) throws IOException {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(loader);
      try {
        work.run();
      } finally {
        thread.setContextClassLoader(before);
      }
    }
  }

  /** A command has not loaded HDFS's client yet, which reads hdfs-site.xml, when this is asked. */
  @Test
  void aNameServiceIsKnownByHdfsOwnFile(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("core-site.xml"),
        "<configuration><property><name>fs.defaultFS</name><value>hdfs://cluster</value></property></configuration>");
    Files.writeString(
        folder.resolve("hdfs-site.xml"),
        "<configuration><property><name>dfs.nameservices</name><value>other, cluster</value></property></configuration>");
    withFilesOf(
        folder,
        () ->
            assertThatCode(() -> FirstContact.hdfs(new Configuration(), "/master"))
                .doesNotThrowAnyException());
  }

  @Test
  void oneServerThatListensIsEnough() throws IOException {
    try (ServerSocket socket = listening()) {
      int port = socket.getLocalPort();
      assertThatCode(
              () ->
                  kafka(
                      with(
                          BROKERS,
                          String.format(Locale.ROOT, "localhost:%d,localhost:%d", closed(), port))))
          .doesNotThrowAnyException();
      assertThatCode(() -> FirstContact.hbase(with(ZOOKEEPER_PORT, "" + port)))
          .doesNotThrowAnyException();
      assertThatCode(
              () -> FirstContact.hdfs(with("fs.defaultFS", "hdfs://localhost:" + port), "/master"))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void whatHasNoOneAddressIsLeftToTheClient() {
    Configuration nameService = with("fs.defaultFS", "hdfs://cluster");
    nameService.set("dfs.nameservices", "cluster,other");
    assertThatCode(() -> FirstContact.hdfs(nameService, "/master")).doesNotThrowAnyException();
    assertThatCode(() -> FirstContact.hdfs(new Configuration(), "/tmp/master"))
        .doesNotThrowAnyException();
  }

  @Test
  void anUnknownHostIsSaid() {
    assertThatThrownBy(() -> kafka(with(BROKERS, "no-such-host.invalid:9092")))
        .hasMessageContainingAll("no-such-host.invalid:9092", "unknown host");
  }
}
