package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLockTest {
  private static final int RUNS = 30;

  @TempDir private Path folder;

  /** The other process. */
  public static void main(String[] arguments) throws IOException {
    commit(Path.of(arguments[0]), "other");
  }

  /** Commits runs until there are enough, whoever committed them. */
  private static void commit(Path folder, String name) throws IOException {
    Hits hits = new Hits(folder);
    for (int i = 0; hits.open().runs().size() < RUNS; i++) {
      hits.commit(hits.open(), name + "-" + i, 10, 0);
    }
  }

  @Test
  void ofTwoProcessesOneCommitsEachRun() throws Exception {
    Path master = folder.resolve("master");
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LocalLockTest.class.getName(),
                master.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("other.log").toFile())
            .start();
    try {
      commit(master, "this");
      assertThat(other.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(other.exitValue()).isZero();
    } finally {
      other.destroyForcibly();
    }

    Hits hits = new Hits(master);
    // Both may have seen one too few, and each have committed one more.
    List<ArchiveRun> runs = hits.open().runs();
    assertThat(runs.size()).isBetween(RUNS, RUNS + 1);
    assertThat(hits.open().contents().orElseThrow().runs()).isEqualTo(runs);
    List<Long> offsets = new ArrayList<>();
    try (CloseableIterable<Record> rows = IcebergGenerics.read(hits.iceberg()).build()) {
      rows.forEach(r -> offsets.add((Long) r.getField(EventColumns.OFFSET)));
    }
    assertThat(offsets)
        .containsExactlyInAnyOrderElementsOf(
            LongStream.range(0, 10L * runs.size()).boxed().toList());
  }
}
