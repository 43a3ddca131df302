package dev.lambdastack.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.iceberg.DataOperations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a user reads of a full HDFS: one line of each command that writes there, and no trace. */
@ExtendWith(Servers.Extension.class)
class FullHdfsIT {
  private static final String TOPIC = "sales-full";
  private static final String VIEW = "sales_full";

  /** Commands find their views as a user's. */
  public static final class Provided implements ViewProvider {
    @Override
    public List<View> views() {
      return Scene.views(TOPIC, VIEW, Sale.V1).all();
    }
  }

  private static void produce(Scene scene, Random random) {
    scene.sendAll(
        0,
        IntStream.range(0, 20).mapToObj(i -> Sale.random(random, scene.now() - i)).toList(),
        Sale.V1);
  }

  /**
   * What is there of the topic, without work in progress and leases: its files, and the numbers of
   * snapshots.
   */
  private static Map<String, Long> dataset(Scene scene) throws Exception {
    Map<String, Long> files =
        scene.everything().entrySet().stream()
            .filter(e -> e.getKey().contains("/master/") && !e.getKey().contains("/metadata/"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    scene.iceberg().snapshots().forEach(s -> files.put("snapshot", s.snapshotId()));
    return files;
  }

  private static void saysSoAndHeals(
      Scene scene, List<String> folders, Supplier<Callable<Integer>> command, String argument)
      throws Exception {
    try (var hdfs = (DistributedFileSystem) scene.servers().hdfs().fileSystem()) {
      for (String folder : folders) {
        Path full = new Path(scene.conf().get("lambda." + folder));
        hdfs.mkdirs(full);
        Map<String, Long> before = dataset(scene);
        hdfs.setQuota(full, HdfsConstants.QUOTA_DONT_SET, 1);
        CommandRun run = CommandRun.of(scene.conf(), command.get(), argument);
        hdfs.setQuota(full, HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines()).as(run.err()).hasSize(1);
        assertThat(run.err()).contains("Cannot write to ", "/" + folder, "make room");
        assertThat(dataset(scene)).isEqualTo(before);
        System.out.println(run.err().strip());
      }
    }
    CommandRun healed = CommandRun.of(scene.conf(), command.get(), argument);
    assertThat(healed.code()).as(healed.err()).isZero();
    assertThat(healed.err()).isEmpty();
    System.out.println(healed.out().strip());
  }

  @Test
  void everyCommandSaysSoAndHeals(Servers servers) throws Exception {
    Duration shift = servers.kafka().clockShift();
    // Commands go by the system's clock: what they are to archive has to be past.
    servers.kafka().shiftClock(Duration.ofMinutes(-2));
    Random random = new Random(61);
    try (Scene scene = Scene.open(servers, servers.configurationWithHBase(), TOPIC, VIEW, 1)) {
      for (int i = 0; i < 3; i++) {
        produce(scene, random);
        scene.toEpochStart();
        scene.archive(Sale.V1).run(TOPIC);
      }
      produce(scene, random);
      servers.kafka().shiftClock(Duration.ZERO);
      List<String> both = List.of("staging", "master");
      saysSoAndHeals(scene, both, ArchiveCommand::new, TOPIC);
      assertThat(scene.runs()).hasSize(4);
      assertThat(scene.runs().get(3).counts().read()).isGreaterThanOrEqualTo(20);
      saysSoAndHeals(scene, both, CompactCommand::new, TOPIC);
      assertThat(scene.iceberg().snapshots()).hasSize(5);
      assertThat(scene.iceberg().currentSnapshot().operation()).isEqualTo(DataOperations.REPLACE);
      saysSoAndHeals(scene, List.of("staging"), RecomputeCommand::new, VIEW);
    } finally {
      servers.kafka().shiftClock(shift);
    }
  }
}
