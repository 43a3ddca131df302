package dev.lambdastack.batch.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.log.Tick;
import dev.lambdastack.settings.LambdaConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.util.Progressable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** An archive in a process of its own, killed with SIGKILL at each step of its way. */
@ExtendWith(Servers.Extension.class)
class ArchiveKillIT {
  private static final String MID_FILE = "MID_FILE";

  /** The commit's first file is on its way. */
  private static final String METADATA = "METADATA";

  /** The new metadata lies under a name of its own. */
  private static final String BEFORE_RENAME = "BEFORE_RENAME";

  /** It has its name; the hint that names the newest one does not name it yet. */
  private static final String AFTER_RENAME = "AFTER_RENAME";

  private static final List<String> STEPS =
      List.of(
          Step.PLANNED.name(),
          MID_FILE,
          Step.READ.name(),
          METADATA,
          BEFORE_RENAME,
          AFTER_RENAME,
          Step.COMMITTED.name());

  @TempDir Path folder;

  /** What the child process runs: archives, and stands still for ever at one step. */
  static final class Child {
    public static void main(String[] args) throws Exception {
      Configuration conf = new Configuration();
      conf.addResource(new org.apache.hadoop.fs.Path(args[0]));
      String topic = args[1];
      String step = args[4];
      if (List.of(MID_FILE, METADATA, BEFORE_RENAME, AFTER_RENAME).contains(step)) {
        conf.set("fs.hdfs.impl", HeldHdfs.class.getName());
        HeldHdfs.step = step;
      }
      new Archive(
              LambdaConfig.of(conf),
              Scene.views(topic, args[2], Sale.V1),
              Sale.SCHEMAS,
              Clock.offset(Clock.systemUTC(), Duration.ofMillis(Long.parseLong(args[3]))),
              reached -> {
                if (reached.name().equals(step)) {
                  standStill();
                }
              })
          .run(topic);
    }

    static void standStill() {
      System.out.println("reached");
      while (true) {
        LockSupport.park();
      }
    }
  }

  /** Stands still at a step of what is written. */
  public static final class HeldHdfs extends DistributedFileSystem {
    private static String step;

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        FsPermission permission,
        boolean overwrite,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      FSDataOutputStream out =
          super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
      if (step.equals(MID_FILE) && path.getName().endsWith(".parquet")
          || step.equals(METADATA) && path.getName().endsWith(".avro")) {
        out.write("PAR1".getBytes(StandardCharsets.US_ASCII));
        out.hflush();
        Child.standStill();
      }
      return out;
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      boolean isCommit = to.getName().matches("v[0-9]+.*metadata.json");
      if (isCommit && step.equals(BEFORE_RENAME)) {
        Child.standStill();
      }
      boolean isDone = super.rename(from, to);
      if (isCommit && step.equals(AFTER_RENAME)) {
        Child.standStill();
      }
      return isDone;
    }
  }

  private void killAt(String step, Scene scene) throws Exception {
    Path settings = folder.resolve(step + ".xml");
    try (OutputStream out = Files.newOutputStream(settings)) {
      scene.conf().writeXml(out);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(a -> a.startsWith("--add-opens") || a.startsWith("-Dlog4j2"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    command.addAll(List.of(settings.toUri().toString(), scene.topic(), scene.viewName()));
    command.add(String.valueOf(scene.servers().kafka().clockShift().toMillis()));
    command.add(step);
    Path errors = folder.resolve(step + ".err");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String line = out.readLine();
      while (line != null && !line.equals("reached")) {
        line = out.readLine();
      }
      assertThat(line).as("the step %s: %s", step, Files.readString(errors)).isEqualTo("reached");
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 9);
  }

  private static List<String> archived(Scene scene) throws Exception {
    if (scene.runs().isEmpty()) {
      return List.of();
    }
    return scene.rows().stream()
        .map(r -> r.getField(EventColumns.PARTITION) + "@" + r.getField(EventColumns.OFFSET))
        .sorted()
        .toList();
  }

  @Test
  void killedAnywhereNothingChangesAndTheNextRunHealsIt(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      Random random = new Random(12);
      long events = 0;
      List<Long> deadLetters = new ArrayList<>();
      for (String step : STEPS) {
        scene.sendAll(0, sales(random, 20, scene.now()), Sale.V1);
        scene.sendAll(1, sales(random, 10, scene.now()), Sale.V1);
        deadLetters.add(scene.sendRaw(1, new byte[] {(byte) deadLetters.size()}).offset());
        scene.toEpochStart();
        List<ArchiveRun> before = scene.runs();
        killAt(step, scene);
        if (step.equals(MID_FILE)) {
          assertThat(scene.everything().keySet())
              .anyMatch(f -> f.contains("/data/") && f.endsWith(".parquet"));
        }
        boolean isThere = step.equals(Step.COMMITTED.name()) || step.equals(AFTER_RENAME);
        if (isThere) {
          assertThat(scene.runs()).as(step).hasSize(before.size() + 1);
        } else {
          assertThat(scene.runs()).as(step).isEqualTo(before);
          assertThat(archived(scene)).hasSize((int) events);
        }
        events += 30;
        ArchiveResult healed = scene.archive(Sale.V1).run(scene.topic());
        assertThat(healed.events()).as(step).isEqualTo(isThere ? 0 : 30);
        assertThat(archived(scene))
            .as(step)
            .containsExactlyElementsOf(
                scene.delivered().stream()
                    .filter(r -> !Tick.isTick(r.headers()) && r.value().length > 1)
                    .map(r -> r.partition() + "@" + r.offset())
                    .sorted()
                    .toList())
            .hasSize((int) events);
        assertThat(scene.deadLetterRows())
            .as(step)
            .extracting(row -> row.getField("offset"))
            .containsExactlyInAnyOrderElementsOf(deadLetters);
      }
    }
  }

  private static List<Sale> sales(Random random, int count, long eventTime) {
    return IntStream.range(0, count).mapToObj(i -> Sale.random(random, eventTime + i)).toList();
  }
}
