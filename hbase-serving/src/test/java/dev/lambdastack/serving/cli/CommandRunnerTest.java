package dev.lambdastack.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.HandoffException;
import dev.lambdastack.views.InvalidInputException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class CommandRunnerTest {
  @TempDir Path folder;
  private Path log;

  @BeforeEach
  void nameTheLog() {
    log = folder.resolve("of/the/commands.log");
    System.setProperty("lambda.log", log.toString());
  }

  @AfterEach
  void forgetTheLog() {
    System.clearProperty("lambda.log");
  }

  @Command(name = "top", subcommands = Inner.class)
  private static final class Top {
    private final Exception fault;
    private final int code;

    Top(Exception fault, int code) {
      this.fault = fault;
      this.code = code;
    }
  }

  @Command(name = "inner", description = "Does it.")
  private static final class Inner implements Callable<Integer> {
    @CommandLine.ParentCommand private Top top;

    @Option(names = "--number")
    private int number;

    @Override
    public Integer call() throws Exception {
      if (top.fault != null) {
        throw top.fault;
      }
      return top.code;
    }
  }

  private record Ended(int code, String out, String err) {}

  private static Ended run(Exception fault, int code, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int ended =
        CommandRunner.run(
            new CommandLine(new Top(fault, code))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)),
            args);
    return new Ended(ended, out.toString(), err.toString());
  }

  @Test
  void aCommandEndsWithItsOwnCode() {
    assertThat(run(null, 0, "inner")).isEqualTo(new Ended(0, "", ""));
    assertThat(run(null, 3, "inner")).isEqualTo(new Ended(3, "", ""));
  }

  @Test
  void whatAPersonCanPutRightIsOneLineAndCodeTwo() {
    InvalidInputException refusal =
        new InvalidInputException("Cannot: why\n  and how", new IllegalStateException("inside"));
    assertThat(run(refusal, 0, "inner"))
        .isEqualTo(new Ended(2, "", "Cannot: why and how" + System.lineSeparator()));
    assertThat(run(new HandoffException("No."), 0, "inner").code()).isEqualTo(2);
    assertThat(log).doesNotExist();
  }

  /**
   * What the JVM makes of bytes that are no text in its locale's charset, as in {@code LC_ALL=C}.
   */
  @Test
  void anArgumentThatCannotBeReadIsRefused() {
    Ended ended = run(null, 0, "inner", "K\ufffd\ufffdse");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .contains("Cannot read the argument 'K\ufffd\ufffdse'", "UTF-8");
  }

  @Test
  void anUnexpectedFaultNamesTheLogThatHasItsTrace() throws Exception {
    Ended ended =
        run(new IllegalStateException("odd", new java.io.IOException("root cause")), 0, "inner");
    assertThat(ended.code()).isEqualTo(70);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .contains("IllegalStateException", "odd", log.toString())
        .doesNotContain("\tat ");
    assertThat(Files.readString(log))
        .contains("IllegalStateException: odd", "Caused by: java.io.IOException: root cause")
        .contains("CommandRunnerTest");
  }

  @Test
  void aLogThatCannotBeWrittenIsSaid() throws Exception {
    Files.writeString(folder.resolve("of"), "a file where a folder should be");
    Ended ended = run(new IllegalStateException("odd"), 0, "inner");
    assertThat(ended.code()).isEqualTo(70);
    assertThat(ended.err()).contains("could not be written", log.toString(), "LAMBDA_LOG");
  }

  @Test
  void misuseIsOneLineThatNamesTheHelp() {
    for (String[] args :
        new String[][] {
          {}, {"iner"}, {"inner", "--nummer", "3"}, {"inner", "--number", "three"}, {"inner", "x"}
        }) {
      Ended ended = run(null, 0, args);
      assertThat(ended.code()).as("%s", (Object) args).isEqualTo(2);
      assertThat(ended.err().lines()).singleElement().asString().endsWith("--help')");
      assertThat(ended.out()).isEmpty();
    }
    assertThat(run(null, 0, "iner").err()).contains("did you mean inner?");
    assertThat(run(null, 0).err()).contains("Missing required subcommand");
  }
}
