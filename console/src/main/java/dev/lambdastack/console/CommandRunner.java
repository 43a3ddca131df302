package dev.lambdastack.console;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UserCodeWatch;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Runs a command line and ends it as every command of the stack ends: a {@link LambdaException} is
 * one line on stderr and its own exit code, misuse of the command line such a line and exit code 2;
 * anything else is a line with the path of the log that has the trace, and exit code 70. A trace
 * never reaches the console. Where all went well but for the output, which could not be written,
 * one line says so, and the exit code is 74; or 141 without a word where nobody reads on, as a
 * process ends that is told so by SIGPIPE.
 */
public final class CommandRunner {
  /** Exit code of a fault that no rule of ours foresees. */
  public static final int UNEXPECTED = 70;

  /** What the JVM puts in the place of bytes that are no text in the charset of its locale. */
  private static final String UNREADABLE = "\ufffd";

  /** Exit code of a command whose output could not be written, as sysexits.h has it. */
  public static final int OUTPUT_LOST = 74;

  /** Exit code of a command whose output nobody reads on: 128 and the number of SIGPIPE. */
  public static final int OUTPUT_LEFT = 141;

  private CommandRunner() {}

  /**
   * Runs a command on this process's console, in UTF-8: the whole of a {@code main}.
   *
   * @return the exit code, to leave with; threads of clients may still run
   */
  public static int onConsole(Object command, String... args) {
    FaultLog.announce();
    System.setErr(ErrWithoutTraces.over(System.err));
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, fault) -> FaultLog.append("thread " + thread.getName(), fault));

    Optional<TemporaryFolder> temporary = temporary();
    ConsoleStream err = ConsoleStream.err();
    UserCodeWatch.whenEndless(
        what -> {
          utf8(err).println(Printable.line(what));
          Runtime.getRuntime().halt(InvalidInputException.EXIT_CODE);
        });

    int code = onStreams(command, ConsoleStream.out(), err, args);
    temporary.ifPresent(TemporaryFolder::close);
    return code;
  }

  /** Most commands need none: where there can be none, those that do say so. */
  private static Optional<TemporaryFolder> temporary() {
    try {
      return Optional.of(TemporaryFolder.open());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Runs a command as on a console whose output goes to these streams, in UTF-8. */
  public static int onStreams(Object command, OutputStream out, OutputStream err, String... args) {
    return onStreams(command, new ConsoleStream(out, false), new ConsoleStream(err, false), args);
  }

  private static int onStreams(
      Object command, ConsoleStream out, ConsoleStream err, String... args) {
    PrintWriter outWriter = utf8(out);
    PrintWriter errWriter = utf8(err);
    out.onFailure(failed -> lost(failed, errWriter));

    int code;
    try {
      code = run(new CommandLine(command).setOut(outWriter).setErr(errWriter), args);
    } catch (Throwable fault) {
      // What picocli does not catch: errors of the JVM and of a command's declaration.
      code = unexpected(fault, errWriter);
    }

    outWriter.flush();
    errWriter.flush();
    return ended(code, out, err);
  }

  /** Says once that the output is not whole; but where nobody reads on, nobody misses it. */
  private static void lost(ConsoleStream out, PrintWriter err) {
    if (!out.isLeft()) {
      err.println(
          "Cannot write to standard output: %s; what the command says is not whole. Let it go where there is room."
              .formatted(oneLine(out.failure().map(IOException::getMessage).orElse(""))));
    }
  }

  /** A command's own code, unless it is one of success and what it said is lost. */
  private static int ended(int code, ConsoleStream out, ConsoleStream err) {
    if (code != 0 || out.failure().isEmpty() && err.failure().isEmpty()) {
      return code;
    }
    return out.isLeft() ? OUTPUT_LEFT : OUTPUT_LOST;
  }

  private static PrintWriter utf8(OutputStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /** Runs a command on the writers that it has. */
  public static int run(CommandLine commandLine, String... args) {
    withHelp(commandLine.getCommandSpec());

    for (String argument : args) {
      if (argument.contains(UNREADABLE)) {
        commandLine.getErr().println(unreadable(argument));
        return InvalidInputException.EXIT_CODE;
      }
    }

    return commandLine
        // Arguments are what they are: a key may begin with '@', have quotes, be named like an
        // option.
        .setExpandAtFiles(false)
        .setTrimQuotes(false)
        .setAllowOptionsAsOptionParameters(true)
        .registerConverter(long.class, CommandRunner::wholeNumber)
        .registerConverter(Long.class, CommandRunner::wholeNumber)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler((e, given) -> misused(e))
        .setExecutionExceptionHandler((e, command, parsed) -> failed(e, command.getErr()))
        .execute(args);
  }

  /**
   * Every verb has the same two options, wherever it is declared. {@code --version} is the long
   * name of {@code -V} but where a verb means a view's version by it.
   */
  private static void withHelp(CommandSpec spec) {
    if (spec.helpCommand()) {
      return;
    }

    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .type(boolean.class)
            .description("Shows this help.")
            .build());

    String[] names =
        spec.findOption("--version") == null
            ? new String[] {"-V", "--version"}
            : new String[] {"-V"};
    spec.addOption(
        OptionSpec.builder(names)
            .versionHelp(true)
            .type(boolean.class)
            .description("Says which lambda this is.")
            .build());

    spec.versionProvider(new VersionProvider());
    spec.subcommands().values().forEach(verb -> withHelp(verb.getCommandSpec()));
  }

  /** What picocli says of its own accord names a type of Java. */
  private static long wholeNumber(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("expected a whole number, found '" + text + "'");
    }
  }

  private static String unreadable(String argument) {
    String charset = System.getProperty("sun.jnu.encoding");
    return "UTF-8".equals(charset)
        ? "Cannot read the argument '%s': it is not UTF-8; give it in UTF-8".formatted(argument)
        : "Cannot read the argument '%s': the charset of this process's locale is %s, expected UTF-8; set LC_ALL=C.UTF-8"
            .formatted(argument, charset);
  }

  private static int misused(ParameterException e) {
    CommandLine command = e.getCommandLine();
    command
        .getErr()
        .println(
            "%s (try '%s --help')"
                .formatted(
                    oneLine(
                        e instanceof UnmatchedArgumentException unmatched
                            ? unmatched(command, unmatched)
                            // picocli says of a -D without a value: "for option option".
                            : e.getMessage().replace("option option", "option")),
                    command.getCommandSpec().qualifiedName()));

    return InvalidInputException.EXIT_CODE;
  }

  private static String unmatched(CommandLine command, UnmatchedArgumentException e) {
    String argument = e.getUnmatched().get(0);
    String what =
        "%s '%s'"
            .formatted(
                e.isUnknownOption()
                    ? "Unknown option"
                    : command.getSubcommands().isEmpty() ? "Unexpected argument" : "Unknown verb",
                argument);
    return e.getSuggestions().isEmpty()
        ? what
        : what + "; did you mean %s?".formatted(e.getSuggestions().get(0));
  }

  private static int failed(Exception e, PrintWriter err) {
    if (e instanceof OutputLostException) {
      // Why is said where the stream is known.
      return 0;
    }
    if (e instanceof LambdaException told) {
      err.println(oneLine(told.getMessage()));
      return told.exitCode();
    }

    Optional<LambdaException> known = FaultTranslator.of(e);
    if (known.isPresent()) {
      String message = oneLine(known.get().getMessage());
      err.println("%s. %s".formatted(message, FaultLog.append("the command", e)));
      return known.get().exitCode();
    }

    return isFullDisk(e) ? fullDisk(e, err) : unexpected(e, err);
  }

  /** A disk of this machine; HDFS says of its own that it is full. */
  private static boolean isFullDisk(Throwable e) {
    return Stream.iterate(e, Objects::nonNull, Throwable::getCause)
        .map(Throwable::getMessage)
        .anyMatch(message -> message != null && message.endsWith("No space left on device"));
  }

  private static int fullDisk(Exception e, PrintWriter err) {
    err.println(
        "No space is left on a disk of this machine: free some, or let TMPDIR name a folder on another (temporary files are in %s). %s"
            .formatted(System.getProperty("java.io.tmpdir"), FaultLog.append("the command", e)));
    return InvalidInputException.EXIT_CODE;
  }

  private static int unexpected(Throwable fault, PrintWriter err) {
    String name = fault.getClass().getSimpleName();
    err.println(
        "Unexpected fault: %s%s. %s"
            .formatted(
                name,
                fault.getMessage() == null ? "" : ": " + oneLine(fault.getMessage()),
                FaultLog.append("the command", fault)));
    return UNEXPECTED;
  }

  private static String oneLine(String message) {
    return message == null
        ? "(no message)"
        : Printable.line(message.lines().map(String::strip).collect(Collectors.joining(" ")));
  }
}
