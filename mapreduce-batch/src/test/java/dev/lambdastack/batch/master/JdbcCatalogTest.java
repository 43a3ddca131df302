package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dataset on a file system whose rename is no commit: the catalog's database decides. */
class JdbcCatalogTest {
  /** Renames as object stores do: it copies, then deletes, and takes no notice of what is there. */
  public static final class CopyingFileSystem extends RawLocalFileSystem {
    private static final URI NAME = URI.create("copying:///");

    @Override
    public URI getUri() {
      return NAME;
    }

    @Override
    public String getScheme() {
      return NAME.getScheme();
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      return FileUtil.copy(this, from, this, to, true, true, getConf());
    }
  }

  private static final String DATABASE = "jdbc:h2:mem:catalog;DB_CLOSE_DELAY=-1";

  @TempDir private Path folder;
  private Hits hits;
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  @BeforeEach
  void open() {
    hits = new Hits(folder);
    hits.conf().set("fs.copying.impl", CopyingFileSystem.class.getName());
    hits.conf().set("lambda.catalog.type", "jdbc");
    hits.conf().set("lambda.catalog.uri", DATABASE);
    hits.conf().set("lambda.catalog.warehouse", "copying://" + folder);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
  }

  @Test
  void ofTwoRunsThatRaceOneCommitsAHundredTimes() throws Exception {
    for (int round = 1; round <= 100; round++) {
      List<ArchiveRun> before = hits.open().runs();
      String prefix = "round-" + round + "-racer-";
      CyclicBarrier start = new CyclicBarrier(2);
      List<Future<Optional<ArchiveRun>>> racers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        String runId = prefix + i;
        racers.add(
            threads.submit(
                () -> {
                  MasterTable mine = hits.open();
                  start.await();
                  return hits.commit(mine, Hits.next(before, runId, 10, 0));
                }));
      }

      List<ArchiveRun> winners = new ArrayList<>();
      for (Future<Optional<ArchiveRun>> racer : racers) {
        racer.get().ifPresent(winners::add);
      }
      assertThat(winners).as("round %d", round).hasSize(1);
      assertThat(hits.open().runs()).hasSize(round).endsWith(winners.get(0));
    }

    MasterTable table = hits.open();
    assertThat(table.table().orElseThrow().location()).startsWith("copying:");
    assertThat(table.contents().orElseThrow().events()).isEqualTo(1_000);
    List<Long> offsets = new ArrayList<>();
    try (CloseableIterable<Record> rows =
        IcebergGenerics.read(table.table().orElseThrow()).build()) {
      rows.forEach(row -> offsets.add((Long) row.getField(EventColumns.OFFSET)));
    }
    assertThat(offsets)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 1_000).boxed().toList());
  }

  @Test
  void aDatabaseThatDoesNotAnswerIsNamed() {
    hits.conf().set("lambda.catalog.uri", "jdbc:h2:tcp://localhost:1/catalog");
    assertThatThrownBy(() -> hits.open().contents())
        .isInstanceOf(UnavailableException.class)
        .hasMessageStartingWith("The catalog of lambda.catalog.* (jdbc) does not answer: ")
        .hasMessageNotContainingAny("\n");
  }

  /** The layers' agreements about a topic's partitions are there, and no catalog guards them. */
  @Test
  void theFolderBesideACatalogIsRefusedOnSuchAFileSystem() {
    hits.conf().set("lambda.master", "copying://" + folder);
    assertThatThrownBy(() -> hits.open())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found file system 'copying'");
  }

  @Test
  void aFolderOnSuchAFileSystemIsRefused() {
    hits.conf().unset("lambda.catalog.type");
    hits.conf().unset("lambda.catalog.uri");
    assertThatThrownBy(() -> hits.open())
        .hasMessageContaining("found file system 'copying', where two runs might both commit")
        .hasMessageContaining("lambda.catalog.type");
  }
}
