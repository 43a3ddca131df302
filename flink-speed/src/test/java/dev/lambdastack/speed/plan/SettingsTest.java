package dev.lambdastack.speed.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  private static Configuration sent(Configuration conf) {
    return new Settings(conf).toConfiguration(new Configuration(false));
  }

  @Test
  void whatHbaseSiteSaysGoesAlongWithoutTheFile(@TempDir Path folder) throws Exception {
    Files.writeString(
        folder.resolve("hbase-site.xml"),
        "<configuration>"
            + "<property><name>hbase.zookeeper.quorum</name><value>zk1,zk2</value></property>"
            + "<property><name>hbase.zookeeper.property.clientPort</name><value>2182</value></property>"
            + "</configuration>");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      Configuration conf = new Configuration();
      conf.setClassLoader(loader);
      conf.set("hbase.zookeeper.property.clientPort", "2183");

      Configuration sent = sent(conf);

      assertThat(sent.get("hbase.zookeeper.quorum")).isEqualTo("zk1,zk2");
      assertThat(sent.get("hbase.zookeeper.property.clientPort")).as("-D wins").isEqualTo("2183");
    }
  }

  @Test
  void defaultsStayAtHome() {
    Configuration conf = new Configuration();
    conf.set("lambda.epoch", "5s");

    Configuration sent = sent(conf);

    assertThat(sent.get("lambda.epoch")).isEqualTo("5s");
    assertThat(sent.get("hbase.client.pause")).isNull();
    assertThat(sent.get("io.file.buffer.size")).isNull();
  }
}
