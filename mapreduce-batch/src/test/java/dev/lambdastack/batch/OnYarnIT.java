package dev.lambdastack.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.archive.ArchiveResult;
import dev.lambdastack.batch.recompute.Recompute;
import dev.lambdastack.embedded.EmbeddedYarn;
import dev.lambdastack.serving.store.Store;
import dev.lambdastack.views.Cell;
import dev.lambdastack.views.Version;
import dev.lambdastack.views.Views;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The jobs also start on a cluster, where tasks are other processes. */
@ExtendWith(Servers.Extension.class)
class OnYarnIT {
  @Test
  void archivesAndRecomputesInProcessesOfTheirOwn(Servers servers) throws Exception {
    try (EmbeddedYarn yarn = EmbeddedYarn.start(servers.hdfs());
        Scene scene =
            Scene.open(servers, onYarn(servers, yarn), YarnViews.TOPIC, YarnViews.VIEW, 2);
        Connection connection = Store.connect(scene.config())) {
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
      assertThat(scene.rows(scene.manifests())).hasSize(200);
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
    }
  }

  private static Configuration onYarn(Servers servers, EmbeddedYarn yarn) {
    Configuration conf = servers.configurationWithHBase();
    yarn.configuration().forEach(e -> conf.set(e.getKey(), e.getValue()));
    return conf;
  }
}
