package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.HandoffException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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

  @Command(name = "echo")
  private static final class Echo implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--key")
    private List<String> keys = List.of();

    @Option(names = "--all")
    private boolean all;

    @Parameters private List<String> rest = List.of();

    @Mixin private ConfigOptions config;

    @Override
    public Integer call() {
      spec.commandLine().getOut().print(keys + " " + all + " " + rest);
      return 0;
    }
  }

  private static Ended echo(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        CommandRunner.run(
            new CommandLine(new Echo())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)),
            args);
    return new Ended(code, out.toString(), err.toString());
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

  /** Cron and supervisors act on it: only an outage and a lost race are worth another try. */
  @Test
  void theTypeOfAFaultGivesItsExitCode() {
    assertThat(run(new UnavailableException("Away."), 0, "inner"))
        .isEqualTo(new Ended(69, "", "Away." + System.lineSeparator()));
    assertThat(run(new LostRaceException("Taken."), 0, "inner"))
        .isEqualTo(new Ended(75, "", "Taken." + System.lineSeparator()));
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
  void aFullDiskIsOneLineAndCodeTwo() {
    Ended ended =
        run(
            new IllegalStateException(
                "no server", new IOException("/tmp/x: No space left on device")),
            0,
            "inner");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .startsWith("No space is left on a disk of this machine: free some");
  }

  @Test
  void anUnexpectedFaultNamesTheLogThatHasItsTrace() throws Exception {
    Ended ended = run(new IllegalStateException("odd", new IOException("root cause")), 0, "inner");
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

  /** No file of arguments, no variables, no quotes taken off, nothing made longer. */
  @Test
  void argumentsAreLiteral() throws Exception {
    Path file = Files.writeString(folder.resolve("alice"), "--all other");
    for (String text :
        List.of(
            "@" + file,
            "@@" + file,
            "${sys:user.name}",
            "${env:HOME}",
            "${user.name}",
            "$$",
            "%n%s",
            "\"quoted\"",
            "'quoted'",
            "a,b",
            "a=b",
            "a\\tb",
            "#comment",
            "-5",
            "-1.5e3",
            "--all",
            "-h",
            "-Da=b",
            "~",
            "*",
            " padded ",
            "")) {
      assertThat(echo("--key", text)).isEqualTo(new Ended(0, "[" + text + "] false []", ""));
      assertThat(echo("--key=" + text)).isEqualTo(new Ended(0, "[" + text + "] false []", ""));
      assertThat(echo("--", text)).isEqualTo(new Ended(0, "[] false [" + text + "]", ""));
    }
    assertThat(echo("--", "--all", "--")).isEqualTo(new Ended(0, "[] false [--all, --]", ""));
    assertThat(echo("@" + file)).isEqualTo(new Ended(0, "[] false [@" + file + "]", ""));
    assertThat(echo("--al").err()).startsWith("Unknown option '--al'");
    assertThat(echo("--key").err()).startsWith("Missing required parameter for option '--key'");
  }

  /** A disk that is full after so many bytes. */
  private static OutputStream full(int room, String message) {
    return new OutputStream() {
      private int left = room;

      @Override
      public void write(int value) throws IOException {
        if (left-- <= 0) {
          throw new IOException(message);
        }
      }
    };
  }

  private static Ended echoTo(OutputStream out, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code = CommandRunner.onStreams(new Echo(), out, err, args);
    return new Ended(code, "", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void outputThatCannotBeWrittenIsOneLineAndNoSuccess() {
    for (String[] args : new String[][] {{"--all"}, {"--help"}, {"-V"}}) {
      Ended ended = echoTo(full(1, "No space left on device"), args);
      assertThat(ended.code()).isEqualTo(74);
      assertThat(ended.err().lines())
          .singleElement()
          .asString()
          .startsWith("Cannot write to standard output: No space left on device; ");
    }
    assertThat(echoTo(full(1_000_000, ""), "--help").code()).isZero();
  }

  @Test
  void outputThatNobodyReadsOnIsNoSuccessEither() {
    assertThat(echoTo(full(1, "Broken pipe"), "--help")).isEqualTo(new Ended(141, "", ""));
  }

  /** What a command's own code says is worth more. */
  @Test
  void anotherCodeThanOfSuccessStays() {
    OutputStream out = full(0, "No space left on device");
    assertThat(
            CommandRunner.onStreams(
                new Top(null, 3), out, full(0, "No space left on device"), "inner"))
        .isEqualTo(3);
    assertThat(echoTo(out, "--bogus").code()).isEqualTo(2);
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
