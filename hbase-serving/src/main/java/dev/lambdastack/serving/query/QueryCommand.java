package dev.lambdastack.serving.query;

import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.TimeArgument;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Incomplete;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda query}: the merged rows of a view. */
@Command(
    name = "query",
    sortOptions = false,
    header = "Reads a view: batch and speed merged, one row for each key and window.",
    description =
        "%nTimes are UTC. A row is shown where its window starts at or after --from and before --to.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda query daily_sales --key Beverages --from 1998-12-01 --to 1999-01-01",
      "  lambda query daily_sales --all --from 1998-12-31 --to 1999-01-01 --format csv",
      "",
      "Exit codes: 0 answered, 2 bad input, or an answer that would miss events, 69 HBase does not",
      "answer, 70 unexpected fault."
    })
public final class QueryCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "<view>",
      description = "The view; `lambda views --published` lists those that answer.")
  private String view;

  @ArgGroup(exclusive = true)
  private Keys keys = new Keys();

  /** One key or all of them; neither for a view without key columns. */
  private static final class Keys {
    @Option(
        names = "--key",
        paramLabel = "<part>",
        description =
            "A part of the key; once for each part, in the view's order, or once for all with"
                + " commas between.")
    private List<String> parts = List.of();

    @Option(names = "--all", description = "Every key. Reads all of the view's two tables.")
    private boolean all;
  }

  @Option(
      names = "--from",
      required = true,
      paramLabel = "<time>",
      converter = TimeArgument.class,
      description = "The first window start: 2026-01-31 or 2026-01-31T12:00:00Z.")
  private Instant from;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "<time>",
      converter = TimeArgument.class,
      description = "Where window starts end; this one is left out.")
  private Instant to;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format;

  @Option(
      names = "--version",
      paramLabel = "<N>",
      description =
          "Reads batch version N alone, whatever answers now: whole up to its horizon, without the"
              + " speed layer. So versions of the past (recompute --as-of) are read.")
  private Long version;

  @Option(
      names = "--allow-incomplete",
      description = "Shows what there is where events would be missing, and says which.")
  private boolean allowIncomplete;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    if (from.isAfter(to)) {
      // The client says so too; this is before anybody waits for HBase.
      throw new InvalidInputException(
          "--from %s lies after --to %s; swap them".formatted(from, to));
    }

    Configuration conf = config.load(new Configuration()).hadoop();
    try (LambdaClient client = LambdaClient.open(conf)) {
      Answer answer = ask(client);
      AnswerWriter.of(format)
          .write(
              new Question(from, to),
              answer,
              spec.commandLine().getOut(),
              spec.commandLine().getErr());
    }

    return 0;
  }

  private Answer ask(LambdaClient client) throws IOException {
    if (version != null) {
      return askVersion(client);
    }
    Incomplete incomplete = allowIncomplete ? Incomplete.ALLOW : Incomplete.REFUSE;
    if (keys.all) {
      return client.queryAll(view, from, to, incomplete);
    }
    List<Object> key = KeyArguments.parse(client.describe(view).shape(), keys.parts);
    return client.query(view, key, from, to, incomplete);
  }

  private Answer askVersion(LambdaClient client) throws IOException {
    if (keys.all) {
      return client.queryAllOfVersion(view, version, from, to);
    }

    List<Object> key = KeyArguments.parse(client.shapeOfVersion(view, version), keys.parts);
    return client.queryVersion(view, version, key, from, to);
  }
}
