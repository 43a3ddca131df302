package dev.lambdastack.batch.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.HadoopNodes;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.embedded.EmbeddedYarn;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.handoff.Cell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The jobs of a backup run on a cluster, whose nodes have Hadoop's jars alone. */
@ExtendWith(Servers.Extension.class)
class CopiesOnYarnIT {
  private static final int ROWS = 200;

  @Test
  void tablesAndFilesAreCopiedInProcessesOfTheirOwn(Servers servers) throws Exception {
    try (EmbeddedYarn yarn = EmbeddedYarn.start(servers.hdfs())) {
      Configuration conf = HadoopNodes.configuration(servers, yarn);
      try (Connection connection = HBaseConnector.connect(LambdaConfig.of(conf))) {
        tables(connection, conf);
      }
      files(conf);
    }
  }

  private static void tables(Connection connection, Configuration conf) throws Exception {
    TableName name = ViewTables.batch("copied", 1);
    try (Admin admin = connection.getAdmin()) {
      ViewTables.createBatch(admin, "copied", 1, new byte[][] {{50}, {100}}, "schema");
    }
    try (Table table = connection.getTable(name)) {
      for (int i = 0; i < ROWS; i++) {
        table.put(
            new Put(new byte[] {(byte) (i / 2), (byte) i})
                .addColumn(Cell.batchFamily(), Cell.batchQualifier(), 1000L + i, Bytes.toBytes(i)));
      }
    }
    List<String> before = cells(connection, name);
    assertThat(before).hasSize(ROWS);

    TableCopy copy = new TableCopy(connection, conf);
    SavedTable saved = copy.export(copy.describe(name), new Path("/copies/table"));
    assertThat(saved.rows()).isEqualTo(ROWS);
    assertThat(saved.splits()).hasSize(2);

    // It is dropped, made anew and loaded.
    copy.load(saved, new Path("/copies/table"), new Path("/copies/staging"));
    assertThat(cells(connection, name)).isEqualTo(before);
    assertThat(copy.describe(name).descriptor()).isEqualTo(saved.descriptor());
    try (Admin admin = connection.getAdmin()) {
      ViewTables.drop(admin, name);
    }
  }

  private static List<String> cells(Connection connection, TableName name) throws IOException {
    List<String> cells = new ArrayList<>();
    try (Table table = connection.getTable(name);
        ResultScanner scanner = table.getScanner(new Scan())) {
      for (Result row : scanner) {
        cells.add(row.rawCells()[0] + " " + Bytes.toStringBinary(row.value()));
      }
    }
    return cells;
  }

  private static void files(Configuration conf) throws IOException {
    Path master = new Path("/copies/from");
    FileSystem hdfs = master.getFileSystem(conf);
    for (String file :
        List.of(
            "t/event_date=2026-01-31/a.parquet",
            "t/_manifests/1.json",
            "t/_leases/1-run",
            "t/_manifests/.2.json.x.draft",
            "left/_manifests/1.json")) {
      try (FSDataOutputStream out = hdfs.create(new Path(master, file))) {
        out.writeUTF(file);
      }
    }

    Path to = hdfs.makeQualified(new Path("/copies/to"));
    MasterCopy.run(conf, hdfs.makeQualified(master), to, true, Set.of("left"));
    assertThat(hdfs.exists(new Path(to, "t/event_date=2026-01-31/a.parquet"))).isTrue();
    assertThat(hdfs.exists(new Path(to, "t/_manifests/1.json"))).isTrue();
    assertThat(hdfs.exists(new Path(to, "t/_leases"))).isFalse();
    assertThat(hdfs.exists(new Path(to, "t/_manifests/.2.json.x.draft"))).isFalse();
    assertThat(hdfs.exists(new Path(to, "left"))).isFalse();
  }
}
