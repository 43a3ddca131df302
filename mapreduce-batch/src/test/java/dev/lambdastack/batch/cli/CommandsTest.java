package dev.lambdastack.batch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.InvalidInputException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
  /** What a command that was refused says, as the top-level command prints it. */
  private static String refusal(Callable<Integer> command, String... args) {
    StringWriter out = new StringWriter();
    String[] message = new String[1];
    int code =
        new CommandLine(command)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .setExecutionExceptionHandler(
                (e, line, parsed) -> {
                  assertThat(e).isInstanceOf(InvalidInputException.class);
                  message[0] = e.getMessage();
                  return InvalidInputException.EXIT_CODE;
                })
            .execute(args);
    assertThat(code).isEqualTo(InvalidInputException.EXIT_CODE);
    assertThat(out.toString()).isEmpty();
    assertThat(message[0].lines()).hasSize(1);
    return message[0];
  }

  @Test
  void sayInOneLineWhatIsWrong(@TempDir Path folder) {
    String[] away = {
      "-D",
      "lambda.kafka.bootstrap-servers=localhost:1",
      "-D",
      "lambda.kafka.timeout=300ms",
      "-D",
      "lambda.master=" + folder.toUri()
    };
    assertThat(refusal(new ArchiveCommand(), concat(away, "orders")))
        .contains("Cannot reach Kafka at localhost:1");
    assertThat(refusal(new ArchiveCommand(), concat(away, "nothing")))
        .contains("No view reads topic 'nothing'");
    assertThat(refusal(new RecomputeCommand(), concat(away, "nothing")))
        .contains("No view 'nothing'");
    assertThat(refusal(new RecomputeCommand(), away)).contains("found none of them");
    assertThat(refusal(new RecomputeCommand(), concat(away, "--all", "daily_sales")))
        .contains("found more than one of them");
    assertThat(refusal(new PublishCommand(), concat(away, "--all", "--version", "2")))
        .contains("expected --version with one view");
    assertThat(refusal(new CleanupCommand(), concat(away, "--topic", "nothing")))
        .contains("No view reads topic 'nothing'");
    assertThat(refusal(new RecomputeCommand(), concat(away, "daily_sales")))
        .contains("nothing of topic orders is archived")
        .contains("run lambda archive orders first");
    assertThat(refusal(new CompactCommand(), concat(away, "nothing")))
        .contains("No view reads topic 'nothing'");
    assertThat(refusal(new CompactCommand(), concat(away, "orders")))
        .contains("nothing of it is archived");
    assertThat(refusal(new AuditCommand(), concat(away, "orders")))
        .contains("nothing of it is archived")
        .contains("run lambda archive orders first");
    assertThat(refusal(new ArchiveCommand(), "-D", "lambda.epohc=1m", "orders"))
        .contains("Unknown key 'lambda.epohc'", "lambda.epoch");
    assertThat(refusal(new PublishCommand(), "-D", "lambda.epoch=soon", "daily_sales"))
        .contains("lambda.epoch=soon");
  }

  private static String[] concat(String[] first, String... more) {
    String[] all = java.util.Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }

  @Test
  void explainThemselves() {
    for (Callable<Integer> command :
        java.util.List.<Callable<Integer>>of(
            new ArchiveCommand(),
            new CompactCommand(),
            new AuditCommand(),
            new RecomputeCommand(),
            new PublishCommand(),
            new RollbackCommand(),
            new VersionsCommand(),
            new DiscardCommand(),
            new CleanupCommand())) {
      StringWriter out = new StringWriter();
      assertThat(new CommandLine(command).setOut(new PrintWriter(out)).execute("--help")).isZero();
      assertThat(out.toString()).contains("Exit codes:", "-D", "Usage:");
    }
  }
}
