package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.views.InvalidInputException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What docs/your-own-view.md says, run as it stands there. */
@ExtendWith(SharedSandbox.class)
final class OwnViewIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir private Path folder;

  @Test
  void aViewInAJarOfOnesOwnWorksAsTheDocumentSays() throws Exception {
    assertThat(ROOT.resolve("cli/target/lambda.jar"))
        .as("the command, built by mvn package -pl cli -am")
        .exists();
    SharedSandbox.sandbox().clusters().kafka().createTopic("page-views", 3);
    SharedSandbox.sandbox().writeSiteFiles(folder.resolve("conf"));
    String document = Files.readString(ROOT.resolve("docs/your-own-view.md"));
    String build = block(document, "build");
    String jars =
        build.lines().filter(l -> l.startsWith("export ")).findFirst().orElseThrow() + "\n";
    assertThat(run(build)).contains("page_traffic");
    assertThat(run(jars + block(document, "batch")))
        .contains("Sent 5 events", "page_traffic: version 1 complete: 3 rows from 5 events");
    Process speed = start(jars + "exec " + block(document, "speed"), "speed.out");
    try {
      awaitSpeed();
      String query = block(document, "query");
      String answer = run(jars + query);
      String rows = tableAfter(document, query);
      String again = query.lines().reduce((a, b) -> b).orElseThrow();
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!answer.contains(rows) && System.nanoTime() < deadline) {
        answer = run(jars + again);
      }
      assertThat(answer).contains(rows);
    } finally {
      speed.destroy();
      assertThat(speed.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  private static String block(String document, String name) {
    String mark = "<!-- own view: " + name + " -->\n```sh\n";
    assertThat(document).contains(mark);
    int start = document.indexOf(mark) + mark.length();
    return document.substring(start, document.indexOf("```", start));
  }

  /** The table that the document shows below a block. */
  private static String tableAfter(String document, String block) {
    int fence = document.indexOf("```\n", document.indexOf(block) + block.length() + 4);
    int start = fence + 4;
    return document.substring(start, document.indexOf("```", start)).strip();
  }

  private static void awaitSpeed() throws Exception {
    Configuration conf = SharedSandbox.sandbox().configuration();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (LambdaClient client = LambdaClient.open(conf)) {
      while (!isComplete(client)) {
        assertThat(System.nanoTime()).as("the speed job has taken over").isLessThan(deadline);
        Thread.sleep(100);
      }
    }
  }

  private static boolean isComplete(LambdaClient client) throws IOException {
    try {
      return client.describe("page_traffic").provenance().complete();
    } catch (InvalidInputException notYet) {
      return false;
    }
  }

  private String run(String script) throws Exception {
    String file = "block.out";
    Process process = start(script, file);
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as(script).isTrue();
    String output = Files.readString(folder.resolve(file));
    assertThat(process.exitValue()).as("%s%n%s", script, output).isZero();
    return output;
  }

  private Process start(String script, String output) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(List.of("bash", "-euo", "pipefail", "-c", script))
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(output).toFile());
    builder.environment().put("LAMBDA_CONF", folder.resolve("conf").toString());
    builder.environment().put("LAMBDA_LOG", new File("target/own-view.log").getAbsolutePath());
    builder.environment().put("LAMBDA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    return builder.start();
  }
}
