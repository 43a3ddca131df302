package dev.lambdastack.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
  /** What a command that was refused says, as the top-level command prints it. */
  private static String refusal(Callable<Integer> command, String... args) {
    return told(InvalidInputException.EXIT_CODE, command, args);
  }

  private static String outage(Callable<Integer> command, String... args) {
    return told(UnavailableException.EXIT_CODE, command, args);
  }

  private static String told(int expected, Callable<Integer> command, String... args) {
    StringWriter out = new StringWriter();
    String[] message = new String[1];
    int code =
        new CommandLine(command)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .setExecutionExceptionHandler(
                (e, line, parsed) -> {
                  assertThat(e).isInstanceOf(LambdaException.class);
                  message[0] = e.getMessage();
                  return ((LambdaException) e).exitCode();
                })
            .execute(args);
    assertThat(code).isEqualTo(expected);
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
    assertThat(outage(new ArchiveCommand(), concat(away, "orders")))
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

  /** One line that says what is wrong and where more is said, and no trace of a stack. */
  @Test
  void sayHowTheyAreUsedWhereArgumentsAreWrong() {
    misused(new ArchiveCommand(), "Missing required parameter: '<topic>'");
    misused(new ArchiveCommand(), "Unexpected argument 'b'", "a", "b");
    misused(new CompactCommand(), "Unknown option '--now'", "a", "--now");
    misused(
        new RecomputeCommand(),
        "expected a date such as 2026-01-31",
        "daily_sales",
        "--as-of",
        "yesterday");
    misused(
        new PublishCommand(),
        "Invalid value for option '--version': expected a whole number, found 'x'",
        "daily_sales",
        "--version",
        "x");
    misused(
        new RollbackCommand(),
        "Invalid value for option '--to': expected a whole number, found '1.5'",
        "daily_sales",
        "--to",
        "1.5");
    misused(new RollbackCommand(), "Missing required option: '--to=<N>'", "daily_sales");
    misused(
        new DiscardCommand(),
        "Invalid value for positional parameter at index 1 (<N>): expected a whole number, found 'two'",
        "daily_sales",
        "two");
    misused(new DiscardCommand(), "Missing required parameter: '<N>'", "daily_sales");
    misused(
        new VersionsCommand(),
        "expected one of [TABLE, CSV, JSON] (case-insensitive) but was",
        "v",
        "--format",
        "yaml");
    misused(new AuditCommand(), "expected one of [TABLE, CSV, JSON]", "orders", "--format", "yaml");
    misused(
        new CleanupCommand(),
        "Value for option '-D' (<key=value>) should be in KEY=VALUE format but was k",
        "--all",
        "-D",
        "k");
  }

  private static void misused(Callable<Integer> verb, String message, String... args) {
    CommandRun run = CommandRun.of(new Configuration(), verb, args);
    assertThat(run.code()).as(run.err()).isEqualTo(InvalidInputException.EXIT_CODE);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .contains(message)
        .endsWith("--help')")
        .doesNotContain("\tat ", "Exception");
  }

  private static String[] concat(String[] first, String... more) {
    String[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }

  @Test
  void explainThemselves() {
    for (Callable<Integer> command :
        List.<Callable<Integer>>of(
            new ArchiveCommand(),
            new CompactCommand(),
            new AuditCommand(),
            new RecomputeCommand(),
            new PublishCommand(),
            new RollbackCommand(),
            new VersionsCommand(),
            new DiscardCommand(),
            new CleanupCommand())) {
      CommandRun help = CommandRun.of(new Configuration(), command, "--help");
      assertThat(help.code()).isZero();
      assertThat(help.out()).contains("Exit codes:", "-D", "Usage:");
    }
  }
}
