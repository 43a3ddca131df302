package dev.lambdastack.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.batch.compact.CompactionResult;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.embedded.EmbeddedYarn;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Version;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.iceberg.data.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The jobs also start on a cluster, where tasks are other processes. */
@ExtendWith(Servers.Extension.class)
class OnYarnIT {
  /** A node whose digits, zone and charset are none of those that the command has. */
  private static final String FOREIGN_HOST =
      "JAVA_TOOL_OPTIONS=-Duser.language=fa -Duser.country=IR -Duser.timezone=Asia/Kathmandu -Dfile.encoding=US-ASCII";

  /** Jars that no Hadoop has. */
  private static final Pattern NOT_OF_HADOOP =
      Pattern.compile(
          "^(datasketches|flink|hbase|jts|kafka|lz4|parquet|zstd)-|^(%s)-[0-9]"
              .formatted(
                  "embedded|hbase-serving|kafka-log|mapreduce-batch|schemas|settings|views"));

  @Test
  void archivesRecomputesAndCompactsInProcessesOfTheirOwn(Servers servers) throws Exception {
    try (EmbeddedYarn yarn = EmbeddedYarn.start(servers.hdfs());
        Scene scene =
            Scene.open(servers, onYarn(servers, yarn), YarnViews.TOPIC, YarnViews.VIEW, 2);
        Connection connection = HBaseConnector.connect(scene.config())) {
      assertThat(scene.conf().get("mapreduce.framework.name")).isEqualTo("yarn");
      Views views = Views.of(new YarnViews().views());
      Random random = new Random(31);
      List<Sale> sales =
          IntStream.range(0, 200).mapToObj(i -> Sale.random(random, scene.now())).toList();
      scene.sendAll(0, sales, Sale.V1);
      scene.toEpochStart();
      ArchiveResult result =
          new Archive(scene.config(), views, Sale.SCHEMAS, scene.clock()).run(scene.topic());
      assertThat(result.events()).isEqualTo(200);
      assertThat(scene.rows()).hasSize(200);
      assertThat(scene.contents().files())
          .extracting(LiveFile::path)
          .allMatch(path -> path.matches("[!-~]+"));
      Version version =
          new Recompute(scene.config(), views, Sale.SCHEMAS, scene.clock()).run(YarnViews.VIEW);
      assertThat(version.events()).isEqualTo(200);
      long events = 0;
      try (Table table = connection.getTable(TableName.valueOf(version.table()));
          ResultScanner scanner = table.getScanner(new Scan())) {
        for (Result row : scanner) {
          byte[] value = row.getValue(Cell.batchFamily(), Cell.batchQualifier());
          events += version.shape().decode(value).events();
        }
      }
      assertThat(events).isEqualTo(200);
      compacts(scene, views, random, sales);
    }
  }

  /** A second run's small files and the first one's become one file, with the same rows. */
  private static void compacts(Scene scene, Views views, Random random, List<Sale> sales)
      throws Exception {
    List<Sale> all = new ArrayList<>(sales);
    List<Sale> more =
        IntStream.range(0, 100)
            .mapToObj(i -> Sale.random(random, sales.get(0).eventTime()))
            .toList();
    scene.sendAll(1, more, Sale.V1);
    all.addAll(more);
    scene.toEpochStart();
    new Archive(scene.config(), views, Sale.SCHEMAS, scene.clock()).run(scene.topic());
    CompactionResult compacted =
        new Compaction(scene.config(), views, Sale.SCHEMAS, scene.clock()).run(scene.topic());
    assertThat(compacted.filesBefore()).isGreaterThan(compacted.filesAfter());
    assertThat(compacted.rows()).isEqualTo(300);
    List<Record> rows = scene.rows();
    assertThat(rows)
        .extracting(row -> row.getField("id"))
        .containsExactlyInAnyOrderElementsOf(all.stream().map(s -> (Object) s.id()).toList());
    assertThat(rows)
        .extracting(
            row -> row.getField(EventColumns.PARTITION) + " " + row.getField(EventColumns.OFFSET))
        .doesNotHaveDuplicates();
  }

  private static Configuration onYarn(Servers servers, EmbeddedYarn yarn) {
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
