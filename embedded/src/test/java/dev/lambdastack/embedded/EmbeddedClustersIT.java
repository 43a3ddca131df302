package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hbase.KeyValue;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.io.hfile.CacheConfig;
import org.apache.hadoop.hbase.io.hfile.HFile;
import org.apache.hadoop.hbase.io.hfile.HFileContextBuilder;
import org.apache.hadoop.hbase.tool.BulkLoadHFiles;
import org.apache.hadoop.hbase.util.Bytes;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.hdfs.protocol.NSQuotaExceededException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedClustersIT {
  private static EmbeddedClusters clusters;
  private static Connection connection;

  @BeforeAll
  static void start() throws Exception {
    clusters = Stopwatch.timed("Kafka, HDFS and HBase side by side", EmbeddedClusters::start);
    connection = ConnectionFactory.createConnection(clusters.configuration());
  }

  @AfterAll
  static void close() throws Exception {
    if (connection == null) {
      return;
    }
    connection.close();
    Stopwatch.timed(
        "closing them",
        () -> {
          clusters.close();
          return null;
        });
  }

  @Test
  void hdfsKeepsAFile() throws Exception {
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path("/folder/file");
    try (FileSystem fs = clusters.hdfs().fileSystem()) {
      try (FSDataOutputStream out = fs.create(file)) {
        out.write("text".getBytes(StandardCharsets.UTF_8));
      }
      try (var in = fs.open(file)) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("text");
      }
    }
  }

  @Test
  void hdfsCountsWhatAQuotaRefuses() throws Exception {
    org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path("/quota");
    try (FileSystem files = clusters.hdfs().fileSystem()) {
      files.mkdirs(folder);
      long before = clusters.hdfs().quotaRefusals();
      ((DistributedFileSystem) files).setQuota(folder, 1, HdfsConstants.QUOTA_DONT_SET);
      assertThatThrownBy(() -> files.mkdirs(new org.apache.hadoop.fs.Path(folder, "more")))
          .isInstanceOf(NSQuotaExceededException.class);
      assertThatThrownBy(() -> files.open(new org.apache.hadoop.fs.Path(folder, "none")))
          .isInstanceOf(IOException.class);
      assertThat(clusters.hdfs().quotaRefusals()).isEqualTo(before + 1);
    }
  }

  @Test
  void hbaseKeepsACell() throws Exception {
    TableName table = TableName.valueOf("cells");
    Stopwatch.timed(
        "a table",
        () -> {
          HBaseProbe.createTable(connection, table);
          return null;
        });
    HBaseProbe.put(connection, table, "row", "value");
    assertThat(HBaseProbe.find(connection, table, "row")).isEqualTo("value");
    assertThat(HBaseProbe.find(connection, table, "other")).isNull();
  }

  @Test
  void aSnapshotIsClonedAndTablesAreDropped() throws Exception {
    TableName table = TableName.valueOf("original");
    TableName clone = TableName.valueOf("clone");
    HBaseProbe.createTable(connection, table);
    HBaseProbe.put(connection, table, "row", "value");
    try (Admin admin = connection.getAdmin()) {
      admin.snapshot("snapshot", table);
      admin.cloneSnapshot("snapshot", clone);
      admin.disableTable(table);
      admin.deleteTable(table);
      assertThat(admin.tableExists(table)).isFalse();
    }
    assertThat(HBaseProbe.find(connection, clone, "row")).isEqualTo("value");
  }

  @Test
  void aFileIsBulkLoaded() throws Exception {
    TableName table = TableName.valueOf("loaded");
    HBaseProbe.createTable(connection, table);
    Configuration conf = clusters.configuration();
    org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path("/staging/loaded");
    try (FileSystem fs = clusters.hdfs().fileSystem();
        HFile.Writer writer =
            HFile.getWriterFactory(conf, new CacheConfig(conf))
                .withPath(fs, new org.apache.hadoop.fs.Path(folder, "f/file"))
                .withFileContext(new HFileContextBuilder().build())
                .create()) {
      writer.append(
          new KeyValue(
              Bytes.toBytes("row"),
              HBaseProbe.FAMILY,
              HBaseProbe.QUALIFIER,
              7L,
              Bytes.toBytes("value")));
    }
    BulkLoadHFiles.create(conf).bulkLoad(table, folder);
    assertThat(HBaseProbe.find(connection, table, "row")).isEqualTo("value");
  }

  @Test
  void twoAtOnceDoNotMeet() throws Exception {
    TableName table = TableName.valueOf("same");
    try (EmbeddedClusters others =
            Stopwatch.timed(
                "a second set of two DataNodes and two region servers",
                () -> EmbeddedClusters.builder().dataNodes(2).regionServers(2).start());
        Connection toOthers = ConnectionFactory.createConnection(others.configuration())) {
      HBaseProbe.createTable(connection, table);
      HBaseProbe.createTable(toOthers, table);
      HBaseProbe.put(connection, table, "row", "ours");
      HBaseProbe.put(toOthers, table, "row", "theirs");
      clusters.kafka().createTopic("same", 1);
      others.kafka().createTopic("same", 1);
      KafkaProbe.send(clusters.kafka().bootstrapServers(), "same", "ours");
      KafkaProbe.send(others.kafka().bootstrapServers(), "same", "theirs");

      assertThat(HBaseProbe.find(connection, table, "row")).isEqualTo("ours");
      assertThat(HBaseProbe.find(toOthers, table, "row")).isEqualTo("theirs");
      assertThat(records(clusters)).containsExactly("ours");
      assertThat(records(others)).containsExactly("theirs");
      try (Admin admin = toOthers.getAdmin()) {
        assertThat(admin.getRegionServers()).hasSize(2);
      }
    }
    assertThat(HBaseProbe.find(connection, table, "row")).isEqualTo("ours");
    assertThat(records(clusters)).containsExactly("ours");
  }

  @Test
  void siteFilesLeadAnotherProcessHere(@TempDir Path site) throws Exception {
    clusters.writeSiteFiles(site);
    TableName table = TableName.valueOf(OtherProcess.NAME);
    HBaseProbe.createTable(connection, table);
    clusters.kafka().createTopic(OtherProcess.NAME, 1);

    OtherProcess.Outcome outcome = OtherProcess.run(OtherProcess.Client.class, List.of(site));

    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    assertThat(HBaseProbe.find(connection, table, "row")).isEqualTo("from the other process");
    assertThat(records(clusters, OtherProcess.NAME)).containsExactly("from the other process");
    try (FileSystem fs = clusters.hdfs().fileSystem()) {
      assertThat(fs.exists(new org.apache.hadoop.fs.Path("/" + OtherProcess.NAME))).isTrue();
    }
  }

  @Test
  void aProcessEndsByItselfPrintsNothingAndLeavesNothing(@TempDir Path temporary) throws Exception {
    OtherProcess.Outcome outcome =
        Stopwatch.timed(
            "a process that starts all, uses it and ends",
            () ->
                OtherProcess.run(
                    OtherProcess.Host.class, List.of(), "-Djava.io.tmpdir=" + temporary));

    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    assertThat(outcome.output()).isEmpty();
    // HBase's classes make a folder for dynamic jars once per user, before they read any
    // configuration of ours.
    assertThat(temporary.toFile().list((folder, name) -> !name.startsWith("hbase-"))).isEmpty();
    // A pool lets go of an idle thread after a minute; a stop of the machine is no fault.
    assertThat(outcome.afterMainMillis()).isLessThan(TimeUnit.SECONDS.toMillis(50));
  }

  private static List<String> records(EmbeddedClusters of) throws Exception {
    return records(of, "same");
  }

  private static List<String> records(EmbeddedClusters of, String topic) throws Exception {
    return KafkaProbe.values(KafkaProbe.read(of.kafka().bootstrapServers(), topic, 1));
  }
}
