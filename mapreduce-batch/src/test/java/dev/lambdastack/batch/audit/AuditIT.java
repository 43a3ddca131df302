package dev.lambdastack.batch.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.log.Tick;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Epoch;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.expressions.Expressions;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Servers.Extension.class)
class AuditIT {
  /** Two archive runs with a dead letter, a compaction, another archive run. */
  private static void fill(Scene scene) throws Exception {
    Random random = new Random(3);
    scene.conf().set("lambda.dead-letters.max-share", "0.5");
    for (int run = 0; run < 3; run++) {
      List<Sale> sales =
          IntStream.range(0, 60).mapToObj(i -> Sale.random(random, scene.now() - i)).toList();
      scene.sendAll(run % 2, sales, Sale.V1);
      scene.sendRaw(0, new byte[] {1, 2, 3});
      scene.toEpochStart();
      scene.archive(Sale.V1).run(scene.topic());
      if (run == 1) {
        new Compaction(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
            .run(scene.topic());
      }
    }
  }

  private static AuditReport audit(Scene scene, Audit.Scope scope) throws IOException {
    return new Audit(scene.config(), scene.clock()).run(scene.topic(), scope);
  }

  @Test
  void aWholeDatasetIsClean(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      AuditReport report = audit(scene, Audit.Scope.DEEP);
      assertThat(report.differences()).isEmpty();
      assertThat(report.warnings()).isEmpty();
      assertThat(report.runs()).isEqualTo(3);
      ArchiveRun last = scene.runs().get(2);
      assertThat(report.complete())
          .hasValue(new Epoch(scene.epoch(), Scene.EPOCH).start())
          .hasValue(last.horizon().instant(Scene.EPOCH));
      // A plain reader of the topic.
      long read =
          scene.delivered().stream()
              .filter(r -> r.offset() < last.partitions().get(r.partition()).end())
              .count();
      long ticks =
          scene.delivered().stream()
              .filter(r -> r.offset() < last.partitions().get(r.partition()).end())
              .filter(r -> Tick.isTick(r.headers()))
              .count();
      assertThat(report.counts()).isEqualTo(new AuditReport.Counts(read, 180, 3, ticks, 0));
      assertThat(report.orphans()).isEmpty();
      assertThat(report.superseded()).isGreaterThan(1);
      assertThat(report.partitions()).hasSize(2);
      assertThat(report.partitions().get(0).from()).isEqualTo(last.partitions().get(0).end());
      assertThat(report.retention()).as("the test's broker keeps all").isEmpty();
      assertThat(report.retentionUsed()).isZero();
      Map<String, Long> before = scene.everything();
      AuditReport offline = audit(scene, Audit.Scope.OFFLINE);
      assertThat(offline.isClean()).isTrue();
      assertThat(offline.partitions()).isEmpty();
      assertThat(scene.everything()).isEqualTo(before);
    }
  }

  private static byte[] bytes(FileSystem fileSystem, Path path) throws IOException {
    try (var in = fileSystem.open(path)) {
      return in.readAllBytes();
    }
  }

  private static void write(FileSystem fileSystem, Path path, byte[] bytes) throws IOException {
    try (FSDataOutputStream out = fileSystem.create(path, true)) {
      out.write(bytes);
    }
  }

  /** Damages a file, looks at what is found, and puts it back; a null result deletes it. */
  private static void assertFound(
      Scene scene, String file, UnaryOperator<byte[]> damage, Audit.Scope scope, String... found)
      throws IOException {
    Path path = new Path(file);
    FileSystem fileSystem = path.getFileSystem(scene.conf());
    byte[] whole = bytes(fileSystem, path);
    byte[] damaged = damage.apply(whole.clone());
    if (damaged == null) {
      fileSystem.delete(path, false);
    } else {
      write(fileSystem, path, damaged);
    }
    AuditReport report = audit(scene, scope);
    write(fileSystem, path, whole);
    assertReported(scene, report, found);
  }

  private static void assertReported(Scene scene, AuditReport report, String... found)
      throws IOException {
    assertThat(report.isClean()).as("%s", report.differences()).isEqualTo(found.length == 0);
    for (String part : found) {
      assertThat(report.differences()).anyMatch(d -> d.contains(part));
    }
    assertThat(report.differences()).allMatch(d -> d.lines().count() == 1);
    assertThat(audit(scene, Audit.Scope.DEEP_OFFLINE).differences()).isEmpty();
  }

  @Test
  void everyDamageOfAFileIsFound(Servers servers) throws Exception {
    Audit.Scope offline = Audit.Scope.OFFLINE;
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      for (LiveFile live : scene.contents().files()) {
        String path = live.path();
        assertFound(scene, path, b -> null, offline, "file " + path + " is missing");
        assertFound(
            scene, path, b -> Arrays.copyOf(b, b.length - 1), offline, path + " has ", " bytes");
        UnaryOperator<byte[]> flip =
            b -> {
              b[b.length / 3] ^= 1;
              return b;
            };
        assertFound(scene, path, flip, offline);
        assertFound(scene, path, flip, Audit.Scope.DEEP_OFFLINE, path + " is not what was written");
        UnaryOperator<byte[]> noFooter =
            b -> {
              Arrays.fill(b, b.length - 100, b.length, (byte) 0);
              return b;
            };
        assertFound(scene, path, noFooter, offline, "the footer of file " + path);
      }

      String dead = scene.table().deadLetters().files(Expressions.alwaysTrue()).get(0).path();
      assertFound(scene, dead, b -> null, offline, "file " + dead + " is missing");
    }
  }

  /** Changes the properties of the table, looks at what is found, and puts them back. */
  private static void assertFound(Scene scene, Consumer<UpdateProperties> damage, String... found)
      throws IOException {
    Map<String, String> whole = scene.iceberg().properties();
    UpdateProperties update = scene.iceberg().updateProperties();
    damage.accept(update);
    update.commit();

    AuditReport report = audit(scene, Audit.Scope.OFFLINE);

    UpdateProperties back = scene.iceberg().updateProperties();
    scene.iceberg().properties().keySet().stream()
        .filter(key -> !whole.containsKey(key))
        .forEach(back::remove);
    whole.forEach(back::set);
    back.commit();
    assertReported(scene, report, found);
  }

  private static String property(int run) {
    return String.format(Locale.ROOT, "lambda.run.%d", run);
  }

  private static String edited(String run, String from, String to) {
    assertThat(run).contains(from);
    return run.replace(from, to);
  }

  private static void expire(Scene scene) {
    scene.iceberg().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
  }

  /** By the runs behind them, and, as long as they are there, by the snapshots of the runs. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyDamageOfARunIsFound(boolean isExpired, Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      if (isExpired) {
        // The last snapshot is the last run's.
        new Compaction(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
            .run(scene.topic());
        expire(scene);
      }

      List<ArchiveRun> runs = scene.runs();
      for (int number = 1; number <= 2; number++) {
        String json = runs.get(number - 1).toJson();
        int run = number;
        assertFound(
            scene,
            u -> u.remove(property(run)),
            String.format(Locale.ROOT, "run %d is missing", number));
        assertFound(
            scene,
            u -> u.set(property(run), json.substring(0, json.length() / 2)),
            String.format(Locale.ROOT, "run %d cannot be read", number));
        assertFound(
            scene,
            u -> u.set(property(run), edited(json, "\"created\":\"20", "\"created\":\"19")),
            String.format(Locale.ROOT, "run %d was made after another run %d", run + 1, run));
      }

      String last = runs.get(2).toJson();
      assertFound(
          scene,
          u -> u.set(property(3), edited(last, "\"ticks\":", "\"ticks\":1")),
          "run 3 cannot be read",
          "dead letters");
      assertFound(
          scene,
          u -> u.set("lambda.runs", "2").remove(property(3)),
          isExpired
              ? "the files have 180 rows, where 120 events were archived"
              : "run 3 is missing");
      if (!isExpired) {
        assertFound(
            scene,
            u -> u.set(property(3), edited(last, "\"created\":\"20", "\"created\":\"19")),
            "run 3 is another one than its snapshot was committed with");
      }
    }
  }

  /** Maintenance by whatever program takes the snapshots and not what they said. */
  @Test
  void aDatasetWhoseSnapshotsHaveExpiredIsClean(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      AuditReport before = audit(scene, Audit.Scope.DEEP_OFFLINE);
      expire(scene);
      AuditReport after = audit(scene, Audit.Scope.DEEP_OFFLINE);
      assertThat(after.differences()).isEmpty();
      assertThat(after.runs()).isEqualTo(3);
      assertThat(after.counts()).isEqualTo(before.counts());
      assertThat(after.superseded()).isZero();
    }
  }

  @Test
  void rowsThatAnotherProgramAddedOrDeletedAreFound(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      long good = scene.iceberg().currentSnapshot().snapshotId();
      DataFile file = scene.contents().files().get(0).file();
      scene.iceberg().newDelete().deleteFile(file.location()).commit();
      assertThat(audit(scene, Audit.Scope.OFFLINE).differences())
          .singleElement()
          .asString()
          .contains(
              String.format(
                  Locale.ROOT,
                  "the files have %d rows, where 180 events were archived",
                  180 - file.recordCount()));
      scene.iceberg().manageSnapshots().rollbackTo(good).commit();
      assertThat(audit(scene, Audit.Scope.OFFLINE).isClean()).isTrue();
    }
  }

  @Test
  void orphansAreListedAndNoDifference(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      Path path = new Path(scene.contents().files().get(0).path());
      FileSystem fileSystem = path.getFileSystem(scene.conf());
      String copy = path.toString().replace(".parquet", "-copy.parquet");
      write(fileSystem, new Path(copy), bytes(fileSystem, path));
      AuditReport report = audit(scene, Audit.Scope.OFFLINE);
      assertThat(report.isClean()).isTrue();
      assertThat(report.orphans()).containsExactly(copy);
    }
  }

  @Test
  void saysHowFarRetentionIs(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2);
        Admin admin = servers.kafka().admin()) {
      fill(scene);
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, scene.topic());
      admin
          .incrementalAlterConfigs(
              Map.of(
                  topic,
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("retention.ms", "2000000"), AlterConfigOp.OpType.SET))))
          .all()
          .get();
      scene.send(0, Sale.random(new Random(1), scene.now()), Sale.V1);
      long sent = scene.now();
      // Shares of the retention that a machine on which all takes minutes stays within.
      scene.move(Duration.ofSeconds(1200));
      AuditReport report = audit(scene, Audit.Scope.NORMAL);
      assertThat(report.isClean()).isTrue();
      assertThat(report.retention()).hasValue(Duration.ofSeconds(2000));
      assertThat(report.warnings()).anyMatch(w -> w.contains("partition 0") && w.contains("% of"));
      assertThat(report.partitions().get(0).retentionUsed()).isBetween(0.6, 0.79);
      assertThat(report.partitions().get(0).oldest().orElseThrow())
          .isGreaterThanOrEqualTo(Duration.ofMillis(scene.now() - sent - 1_000));
      scene.move(Duration.ofSeconds(500));
      report = audit(scene, Audit.Scope.NORMAL);
      assertThat(report.differences())
          .anyMatch(d -> d.contains("partition 0") && d.contains("archive now"));
      long begin = scene.runs().get(2).partitions().get(0).end();
      scene.send(0, Sale.random(new Random(1), scene.now()), Sale.V1);
      admin
          .deleteRecords(
              Map.of(new TopicPartition(scene.topic(), 0), RecordsToDelete.beforeOffset(begin + 1)))
          .all()
          .get();
      report = audit(scene, Audit.Scope.NORMAL);
      assertThat(report.differences())
          .anyMatch(
              d ->
                  d.contains(
                      String.format(
                          Locale.ROOT,
                          "retention has removed offsets [%d, %d) of partition 0",
                          begin,
                          begin + 1)));
    }
  }

  /** The last run's digest is in no other one; versions note it. */
  @Test
  void runsAreThoseThatVersionsWereComputedFrom(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      long last = scene.contents().archived().number();
      Version right = version(scene, last, scene.contents().archived().digest(), scene.now());
      Version older = version(scene, last, "another", 0);
      AuditReport report = audit(scene, List.of(right, older));
      assertThat(report.isClean()).as("a version of a time before this dataset").isTrue();
      assertThat(report.vouched()).isEqualTo(last);
      assertThat(audit(scene, List.of()).vouched()).isZero();
      assertThat(audit(scene, List.of(version(scene, last + 1, "gone", scene.now()))).differences())
          .singleElement()
          .asString()
          .contains(
              String.format(
                  Locale.ROOT,
                  "run %d, which version 7 of view sales was computed from, is missing",
                  last + 1));
      assertThat(audit(scene, List.of(version(scene, last, "another", scene.now()))).differences())
          .singleElement()
          .asString()
          .contains(
              String.format(Locale.ROOT, "run %d is another one than version 7", last),
              "expected another");
      AuditReport alone =
          new Audit(scene.config(), scene.clock())
              .run(
                  scene.topic(),
                  Audit.Scope.OFFLINE,
                  () -> {
                    throw new UnavailableException("Cannot reach HBase");
                  });
      assertThat(alone.isClean()).isTrue();
      assertThat(alone.warnings()).singleElement().asString().contains("Cannot reach HBase");
    }
  }

  private static AuditReport audit(Scene scene, List<Version> versions) throws Exception {
    return new Audit(scene.config(), scene.clock())
        .run(scene.topic(), Audit.Scope.OFFLINE, () -> versions);
  }

  private static Version version(Scene scene, long run, String digest, long created)
      throws Exception {
    View view =
        View.named("sales")
            .over(scene.type(Sale.V1))
            .keyedBy("kind")
            .window(Duration.ofHours(1))
            .metric("events", Metric.count())
            .build();
    return new Version(
        7,
        "lambda:sales.v7",
        view.fingerprint(),
        view.shape(),
        scene.contents().horizon(),
        Scene.EPOCH,
        run,
        digest,
        Version.Counts.of(1, 1),
        Instant.ofEpochMilli(created),
        Optional.empty());
  }
}
