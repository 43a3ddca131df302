package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.console.CommandRunner;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** What a person reads of every verb, and what one line says of a wrong use. */
class HelpTest {
  private static final int WIDTH = 100;

  private record Ended(int code, String out, String err) {}

  private static Ended lambda(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        CommandRunner.run(
            new CommandLine(new Lambda())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)),
            args);
    return new Ended(code, out.toString(), err.toString());
  }

  static Stream<List<String>> verbs() {
    return verbs(List.of(), new CommandLine(new Lambda()));
  }

  private static Stream<List<String>> verbs(List<String> path, CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .filter(e -> !e.getKey().equals("help"))
        .flatMap(
            e -> {
              List<String> verb = new ArrayList<>(path);
              verb.add(e.getKey());
              return Stream.concat(Stream.of(verb), verbs(verb, e.getValue()));
            });
  }

  private static String[] with(List<String> verb, String... more) {
    return Stream.concat(verb.stream(), Arrays.stream(more)).toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void everyVerbHelpsInLinesThatFit(List<String> verb) {
    Ended help = lambda(with(verb, "--help"));
    assertThat(help.code()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out())
        .contains("Usage: lambda " + String.join(" ", verb), "Exit codes: 0 ", "70 unexpected");
    assertThat(help.out().lines()).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(WIDTH));
    CommandLine command = new CommandLine(new Lambda());
    for (String name : verb) {
      command = command.getSubcommands().get(name);
    }
    assertThat(brokenByHand(command.getCommandSpec()))
        .allSatisfy(line -> assertThat(help.out()).as("in one line").contains(line));
  }

  private static List<String> brokenByHand(CommandSpec spec) {
    UsageMessageSpec usage = spec.usageMessage();
    return Stream.concat(
            Stream.of(usage.description(), usage.footer()),
            spec.options().stream().map(OptionSpec::description))
        .filter(lines -> lines.length > 1)
        .flatMap(Arrays::stream)
        .map(String::formatted)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void everyVerbSaysWhichLambdaItIs(List<String> verb) {
    Ended version = lambda(with(verb, "-V"));
    assertThat(version.code()).isZero();
    assertThat(version.out()).startsWith("lambda ");
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void wrongUseOfEveryVerbIsOneLineThatNamesItsHelp(List<String> verb) {
    Ended ended = lambda(with(verb, "--bogus"));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines())
        .singleElement()
        .asString()
        .endsWith("(try 'lambda %s --help')".formatted(String.join(" ", verb)));
  }

  @Test
  void whatIsMissingIsNamedInOneLine() {
    assertThat(lambda("query", "daily_sales").err())
        .isEqualTo(
            "Missing required options: '--from=<time>', '--to=<time>' (try 'lambda query --help')%n"
                .formatted());
    assertThat(lambda("rollback", "daily_sales").err())
        .isEqualTo(
            "Missing required option: '--to=<N>' (try 'lambda rollback --help')%n".formatted());
    assertThat(lambda("quary").err())
        .isEqualTo("Unknown verb 'quary'; did you mean query? (try 'lambda --help')%n".formatted());
    assertThat(lambda("produce", "a", "b").err())
        .isEqualTo("Unexpected argument 'b' (try 'lambda produce --help')%n".formatted());
  }

  /** Each verb once, in groups; no verb at all is no success, though nothing is wrong with it. */
  @Test
  void withoutAVerbAllAreShown() {
    Ended ended = lambda();
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).isEqualTo(lambda("--help").out());
    assertThat(ended.err().lines()).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(WIDTH));
    verbs()
        .filter(verb -> verb.size() == 1)
        .forEach(
            verb ->
                assertThat(ended.err().lines().filter(l -> l.startsWith("  " + verb.get(0) + " ")))
                    .as("%s", verb)
                    .hasSize(1));
  }
}
