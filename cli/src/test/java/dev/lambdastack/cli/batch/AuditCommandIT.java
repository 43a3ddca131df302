package dev.lambdastack.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;

@ExtendWith(Servers.Extension.class)
class AuditCommandIT {
  private static final int EVENTS = 60;

  private static void fill(Scene scene) throws Exception {
    Random random = new Random(3);
    List<Sale> sales =
        IntStream.range(0, EVENTS).mapToObj(i -> Sale.random(random, scene.now() - i)).toList();
    scene.sendAll(0, sales, Sale.V1);

    scene.toEpochStart();
    scene.archive(Sale.V1).run(scene.topic());
  }

  private static int command(Scene scene, StringWriter out, String... more) {
    String[] all = {
      "-D",
      "fs.defaultFS=" + scene.conf().get("fs.defaultFS"),
      "-D",
      "lambda.master=" + scene.conf().get("lambda.master"),
      "-D",
      "lambda.kafka.bootstrap-servers=" + scene.conf().get("lambda.kafka.bootstrap-servers"),
      scene.topic()
    };
    String[] args = Arrays.copyOf(all, all.length + more.length);
    System.arraycopy(more, 0, args, all.length, more.length);
    return new CommandLine(new AuditCommand())
        .setOut(new PrintWriter(out))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(args);
  }

  @Test
  void theCommandSaysItToPeopleAndMachines(Servers servers) throws Exception {
    try (Scene scene = Scene.open(servers, 2)) {
      fill(scene);
      StringWriter table = new StringWriter();
      assertThat(command(scene, table)).isZero();
      assertThat(table.toString().lines().reduce((a, b) -> b)).hasValue("whole");

      assertThat(table.toString()).containsPattern("(?m)^runs        1; no version has noted");

      Path file = new Path(scene.contents().files().get(0).path());
      file.getFileSystem(scene.conf()).delete(file, false);
      StringWriter json = new StringWriter();
      assertThat(command(scene, json, "--offline", "--format", "json")).isEqualTo(1);
      JsonNode report = new ObjectMapper().readTree(json.toString());
      assertThat(report.get("clean").booleanValue()).isFalse();
      assertThat(report.get("runs").longValue()).isEqualTo(1);
      assertThat(report.get("vouched_run").longValue()).isZero();
      assertThat(report.get("events").longValue()).isEqualTo(EVENTS);
      assertThat(report.get("differences").get(0).textValue()).contains("is missing");
      assertThat(report.get("dead_letters").longValue()).isZero();

      StringWriter csv = new StringWriter();
      assertThat(command(scene, csv, "--offline", "--format", "csv")).isEqualTo(1);
      assertThat(csv.toString().lines()).hasSize(2);
      assertThat(csv.toString())
          .contains("topic,clean,", ",differences\r\n", scene.topic() + ",false,");

      StringWriter damaged = new StringWriter();
      assertThat(command(scene, damaged, "--offline")).isEqualTo(1);
      assertThat(damaged.toString().lines().reduce((a, b) -> b)).hasValue("1 difference");
    }
  }
}
