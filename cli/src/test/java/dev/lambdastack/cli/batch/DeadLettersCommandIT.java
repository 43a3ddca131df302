package dev.lambdastack.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.Scene;
import dev.lambdastack.batch.Servers;
import dev.lambdastack.batch.archive.Archive;
import dev.lambdastack.batch.deadletters.Replay;
import dev.lambdastack.batch.deadletters.Selection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.schemas.SchemaVersion;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;

@ExtendWith(Servers.Extension.class)
class DeadLettersCommandIT {
  /** An archive of before the newest schema. */
  private static final SchemaStore OLD =
      SchemaStore.of(List.of(new SchemaVersion(Sale.V1, 1, "sale.v1")));

  private static void archive(Scene scene, SchemaStore schemas) throws Exception {
    scene.conf().set("lambda.dead-letters.max-share", "1");
    scene.toEpochStart();
    new Archive(scene.config(), scene.views(Sale.V1), schemas, scene.clock()).run(scene.topic());
  }

  @Test
  void listsAndShowsWhatWasSetAsideAndWhatOfItWasReplayed(Servers servers) throws Exception {
    Random random = new Random(11);
    try (Scene scene = Scene.open(servers, 2)) {
      for (int i = 0; i < 7; i++) {
        scene.send(i % 2, Sale.random(random, scene.now() - 1_000), Sale.V2);
      }
      byte[] whole = Sale.random(random, scene.now()).encode(Sale.V1);
      long corruptAt = scene.sendRaw(0, Arrays.copyOf(whole, whole.length - 3)).offset();
      scene.sendRaw(1, null);
      long tomorrow = scene.now() + Duration.ofHours(25).toMillis();
      scene.send(1, Sale.random(random, tomorrow), Sale.V1);
      archive(scene, OLD);

      new Replay(scene.config(), scene.views(Sale.V1), Sale.SCHEMAS, scene.clock())
          .run(scene.topic(), Selection.ALL);

      assertCommands(scene, corruptAt);
    }
  }

  private static String command(Scene scene, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    for (String key : List.of("fs.defaultFS", "lambda.master", "lambda.epoch")) {
      all.addAll(List.of("-D", key + "=" + scene.conf().get(key)));
    }
    StringWriter out = new StringWriter();
    CommandLine line = new CommandLine(new DeadLettersCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    PrintWriter writer = new PrintWriter(out);
    assertThat(line.setOut(writer).setErr(writer).execute(all.toArray(String[]::new)))
        .as(out.toString())
        .isZero();
    return out.toString();
  }

  private static void assertCommands(Scene scene, long corruptAt) throws Exception {
    assertThat(command(scene, "list", scene.topic()))
        .contains("UNKNOWN_SCHEMA", "CORRUPT", "NULL_VALUE", "EVENT_TIME_AHEAD")
        .contains(scene.topic() + ": 10 dead letters, 7 of them replayed");
    assertThat(
            command(
                scene,
                "list",
                scene.topic(),
                "--partition",
                "0",
                "--offset",
                String.valueOf(corruptAt)))
        .contains(scene.topic() + ": 1 dead letter, 0 of them replayed");
    JsonNode list =
        new ObjectMapper()
            .readTree(
                command(
                    scene,
                    "list",
                    scene.topic(),
                    "--format",
                    "json",
                    "--reason",
                    "unknown_schema"));
    int records = 0;
    for (JsonNode group : list) {
      assertThat(group.get("reason").textValue()).isEqualTo("UNKNOWN_SCHEMA");
      records += group.get("records").intValue();
      assertThat(group.get("replayed")).isEqualTo(group.get("records"));
    }
    assertThat(records).isEqualTo(7);
    String shown =
        command(
            scene,
            "show",
            scene.topic(),
            "--partition",
            "0",
            "--offset",
            String.valueOf(corruptAt));
    assertThat(shown)
        .contains("partition 0 offset " + corruptAt, "reason    CORRUPT: ", "replayed  no")
        .contains("key       key", "00000000  c3 01 ");
    JsonNode json =
        new ObjectMapper()
            .readTree(
                command(scene, "show", scene.topic(), "--reason", "corrupt", "--format", "json"));
    assertThat(json.get(0).get("value_hex").textValue()).startsWith("c301");
  }
}
