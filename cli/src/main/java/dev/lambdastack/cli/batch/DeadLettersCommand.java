package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.deadletters.DeadLetter;
import dev.lambdastack.batch.deadletters.Replay;
import dev.lambdastack.batch.deadletters.ReplayResult;
import dev.lambdastack.batch.deadletters.Selection;
import dev.lambdastack.batch.deadletters.Tally;
import dev.lambdastack.console.Bytes;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Printable;
import dev.lambdastack.console.Texts;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda dead-letters}: records that are no events. */
@Command(
    name = "dead-letters",
    sortOptions = false,
    header = "Lists, shows and replays the records of a topic that are no events.",
    description =
        "%nThe archive sets a record aside with its bytes where it does not decode, its schema is unknown, or its time is absurd.%n",
    synopsisSubcommandLabel = "(list | show | replay)",
    subcommands = {
      DeadLettersCommand.ListCommand.class,
      DeadLettersCommand.ShowCommand.class,
      DeadLettersCommand.ReplayCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda dead-letters list orders",
      "  lambda dead-letters show orders --reason UNKNOWN_SCHEMA --limit 1",
      "  lambda dead-letters replay orders --dry-run",
      "",
      "Exit codes: 0 done, 2 bad input or refused, 69 a server does not answer, 70 unexpected fault,",
      "75 another replay of the topic has begun meanwhile."
    })
public final class DeadLettersCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "Missing what to do: expected list, show or replay");
  }

  /** Which letters are meant. */
  static final class Selected {
    @Parameters(index = "0", paramLabel = "<topic>", description = "The topic.")
    private String topic;

    @Option(
        names = "--reason",
        paramLabel = "<reason>",
        description =
            "Only those of this reason; may be given several times: ${COMPLETION-CANDIDATES}.")
    private Set<Rejection.Reason> reasons = EnumSet.noneOf(Rejection.Reason.class);

    @Option(
        names = "--partition",
        paramLabel = "<P>",
        description = "Only those of this partition.")
    private Integer partition;

    @Option(
        names = "--offset",
        paramLabel = "<O>",
        description = "Only the one at this offset of the partition.")
    private Long offset;

    @Mixin private ConfigOptions config;

    Selection selection() {
      return new Selection(
          reasons,
          partition == null ? OptionalInt.empty() : OptionalInt.of(partition),
          offset == null ? OptionalLong.empty() : OptionalLong.of(offset));
    }

    LambdaConfig load() {
      return config.load(new Configuration());
    }
  }

  /** {@code lambda dead-letters list}. */
  @Command(
      name = "list",
      sortOptions = false,
      header = "Counts dead letters by run, partition and reason.",
      footer = {
        "",
        "Exit codes: 0 done, 2 bad input, 69 HDFS does not answer, 70 unexpected fault."
      })
  static final class ListCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Selected selected;

    @Option(
        names = "--format",
        defaultValue = "table",
        paramLabel = "<format>",
        description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Override
    public Integer call() throws IOException {
      PrintWriter out = spec.commandLine().getOut();
      List<Tally.Group> groups =
          Tally.open(selected.load(), selected.topic).groups(selected.selection());
      if (groups.isEmpty() && format == Format.TABLE) {
        out.printf(
            "Topic %s has no dead letters in the archive; the next lambda archive %s looks at newer records%n",
            selected.topic, selected.topic);
        return 0;
      }

      Listing listing =
          new Listing(
              List.of(
                  "reason",
                  "partition",
                  "run",
                  "records",
                  "replayed",
                  "first_offset",
                  "last_offset",
                  "first_appended",
                  "last_appended"));
      for (Tally.Group group : groups) {
        listing.add(
            List.of(
                group.reason(),
                group.partition(),
                group.run(),
                group.count(),
                group.replayed(),
                group.firstOffset(),
                group.lastOffset(),
                Instant.ofEpochMilli(group.firstAppendMillis()),
                Instant.ofEpochMilli(group.lastAppendMillis())));
      }

      listing.print(format, out);
      if (format == Format.TABLE) {
        out.printf(
            Locale.ROOT,
            "%n%s: %s, %,d of them replayed%n",
            selected.topic,
            Texts.count(groups.stream().mapToLong(Tally.Group::count).sum(), "dead letter"),
            groups.stream().mapToLong(Tally.Group::replayed).sum());
        out.flush();
      }
      return 0;
    }
  }

  /** {@code lambda dead-letters show}. */
  @Command(
      name = "show",
      sortOptions = false,
      header = "Shows dead letters: where they stood, what is wrong, and their bytes.",
      footer = {
        "",
        "Bytes that are no printable ASCII are shown as \\xNN. csv and json have all bytes, in hex.",
        "Exit codes: 0 done, 2 bad input or no such dead letter, 69 HDFS does not answer,",
        "70 unexpected fault."
      })
  static final class ShowCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Selected selected;

    @Option(
        names = "--limit",
        defaultValue = "20",
        paramLabel = "<N>",
        description = "How many are shown at most (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
        names = "--bytes",
        defaultValue = "256",
        paramLabel = "<N>",
        description = "How many bytes of a value a table shows (default: ${DEFAULT-VALUE}).")
    private int bytes;

    @Option(
        names = "--format",
        defaultValue = "table",
        paramLabel = "<format>",
        description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Override
    public Integer call() throws IOException {
      if (limit < 1 || bytes < 0) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot show --limit %d letters of --bytes %d: expected --limit of at least 1 and --bytes of at least 0",
                limit,
                bytes));
      }

      List<Tally.Seen> letters =
          Tally.open(selected.load(), selected.topic)
              .letters(selected.selection(), limit == Integer.MAX_VALUE ? limit : limit + 1);
      List<Tally.Seen> shown = letters.subList(0, Math.min(limit, letters.size()));
      if (shown.isEmpty()) {
        throw new InvalidInputException(
            "Topic %s has no such dead letter; lambda dead-letters list %s says which there are"
                .formatted(selected.topic, selected.topic));
      }

      PrintWriter out = spec.commandLine().getOut();
      if (format == Format.TABLE) {
        shown.forEach(letter -> block(letter, out));
      } else {
        listing(shown).print(format, out);
      }

      if (shown.size() < letters.size()) {
        spec.commandLine()
            .getErr()
            .printf(Locale.ROOT, "There are more than %d; --limit shows more.%n", shown.size());
      }
      out.flush();
      return 0;
    }

    private void block(Tally.Seen seen, PrintWriter out) {
      DeadLetter letter = seen.letter();
      out.printf(
          Locale.ROOT,
          "%s partition %d offset %d%n",
          selected.topic,
          letter.partition(),
          letter.offset());

      out.printf("  appended  %s%n", Instant.ofEpochMilli(letter.appendTimeMillis()));
      out.printf(Locale.ROOT, "  run       %d%n", letter.run());
      out.printf("  reason    %s: %s%n", letter.reason(), Bytes.escaped(letter.detail()));
      out.printf("  replayed  %s%n", replayed(seen));
      out.printf("  key       %s%n", letter.key() == null ? "none" : Bytes.escaped(letter.key()));
      for (DeadLetter.Header header : letter.headers()) {
        out.printf("  header    %s%n", header(header));
      }

      if (letter.value() == null) {
        out.println("  value     none");
      } else {
        out.printf("  value     %s%n", Texts.count(letter.value().length, "byte"));
        Bytes.dump(letter.value(), bytes).forEach(line -> out.println("    " + line));
        if (letter.value().length > bytes) {
          out.printf(
              Locale.ROOT, "    … %d more; --bytes shows more%n", letter.value().length - bytes);
        }
      }

      out.println();
    }

    private static String replayed(Tally.Seen seen) {
      if (seen.replay().isPresent()) {
        return "by replay " + seen.replay().getAsLong();
      }
      return seen.isInDoubt() ? "perhaps: a replay was cut off, the next one finds out" : "no";
    }

    private static String header(DeadLetter.Header header) {
      return Bytes.escaped(header.name())
          + (header.value() == null ? "" : " = " + Bytes.escaped(header.value()));
    }

    private Listing listing(List<Tally.Seen> shown) {
      Listing listing =
          new Listing(
              List.of(
                  "topic",
                  "partition",
                  "offset",
                  "appended",
                  "run",
                  "reason",
                  "detail",
                  "replay",
                  "key_hex",
                  "headers",
                  "value_hex"));

      for (Tally.Seen seen : shown) {
        DeadLetter letter = seen.letter();
        listing.add(
            Arrays.asList(
                selected.topic,
                letter.partition(),
                letter.offset(),
                Instant.ofEpochMilli(letter.appendTimeMillis()),
                letter.run(),
                letter.reason(),
                letter.detail(),
                seen.replay().isPresent() ? seen.replay().getAsLong() : null,
                letter.key() == null ? null : Bytes.hex(letter.key()),
                letter.headers().stream()
                    .map(ShowCommand::header)
                    .collect(Collectors.joining("; ")),
                letter.value() == null ? null : Bytes.hex(letter.value())));
      }

      return listing;
    }
  }

  /** {@code lambda dead-letters replay}. */
  @Command(
      name = "replay",
      sortOptions = false,
      header = "Produces dead letters again that are events by now, as new records.",
      description =
          "%nOnly those that decode with the schemas and settings that this command has, each once: key, value,"
              + " headers and partition as they were. Both layers count them like any late event. First the"
              + " hosts of the archive and of the speed job get the schema, then replay.%n",
      footer = {
        "",
        "Exit codes: 0 done, also where some are left, 2 bad input or refused, 69 a server does not",
        "answer, 70 unexpected fault, 75 another replay of the topic has begun meanwhile."
      })
  static final class ReplayCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private Selected selected;

    @Option(names = "--dry-run", description = "Says what would be replayed now; writes nothing.")
    private boolean dryRun;

    @Override
    public Integer call() throws IOException {
      Selection selection = selected.selection();
      LambdaConfig config = selected.load();
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      Replay replay =
          new Replay(config, Views.load(loader), SchemaStore.load(loader), Clock.systemUTC());
      print(
          dryRun ? replay.plan(selected.topic, selection) : replay.run(selected.topic, selection));
      return 0;
    }

    private void print(ReplayResult result) {
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          Locale.ROOT,
          dryRun
              ? "%s: %,d of %s would be replayed; nothing was written%n"
              : "%s: %,d of %s replayed, as new records%n",
          result.topic(),
          result.replayed(),
          Texts.count(result.selected(), "dead letter"));

      if (result.before() > 0) {
        out.printf(Locale.ROOT, "%s: %,d replayed before%n", result.topic(), result.before());
      }

      if (result.inDoubt() > 0) {
        out.printf(Locale.ROOT, "%s: %,d left, in doubt%n", result.topic(), result.inDoubt());
      }

      if (!result.left().isEmpty()) {
        out.printf(
            Locale.ROOT,
            "%s: %,d left, no event now either: %s%n",
            result.topic(),
            result.left().values().stream().mapToLong(Long::longValue).sum(),
            result.left().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(e -> e.getValue() + " " + e.getKey())
                .collect(Collectors.joining(", ")));
      }

      out.flush();
      result.doubts().stream().map(Printable::line).forEach(spec.commandLine().getErr()::println);
    }
  }
}
