package dev.lambdastack.benchmarks;

import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.views.InvalidInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench engines}: whether other engines see what was sent. */
@Command(
    name = "engines",
    sortOptions = false,
    header =
        "Queries and maintains the master dataset with Spark and DuckDB, and compares all rows.",
    description = {
      "",
      "Events of all types and of three versions of their schema are sent and archived. Spark runs what",
      "docs/master-dataset.md prints, and DuckDB reads the files of the newest snapshot: each row must be what was",
      "sent. Spark's maintenance comes between archive, recompute and increment, in an order that the seed draws.",
      ""
    })
final class EnginesBench implements Callable<Integer> {
  private static final Duration EPOCH = Duration.ofSeconds(2);
  private static final int SEEDS = 1_000_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--events",
      paramLabel = "<number>",
      defaultValue = "6000",
      description = "About how many events; default: ${DEFAULT-VALUE}.")
  private int events;

  @Option(
      names = "--rounds",
      paramLabel = "<number>",
      description = "Only so many rounds, 1 to 6; the schema changes in the third and the fifth.")
  private int rounds = EngineDrill.PINS.size();

  @Option(
      names = "--seed",
      paramLabel = "<number>",
      description = "Draws events and the order of maintenance; by default another one each time.")
  private Long seed;

  @Option(
      names = "--peers",
      required = true,
      hidden = true,
      description = "The folder of the peers.")
  private Path peers;

  @Option(
      names = "--document",
      required = true,
      hidden = true,
      description = "docs/master-dataset.md.")
  private Path document;

  @Override
  public Integer call() throws Exception {
    Figures figures = new Figures(spec.commandLine().getOut());
    return Bench.judge(figures, () -> run(figures));
  }

  private int run(Figures figures) throws Exception {
    if (rounds < 1 || rounds > EngineDrill.PINS.size()) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot run %d rounds: expected 1 to %d",
              rounds,
              EngineDrill.PINS.size()));
    }
    long drawn = seed == null ? new Random().nextInt(SEEDS) : seed;
    figures.say("seed %d", drawn);
    Random random = new Random(drawn);

    try (Sandbox sandbox = Sandbox.start(EPOCH)) {
      sandbox
          .clusters()
          .kafka()
          .createTopic(
              EngineEvents.TOPIC,
              EngineEvents.PARTITIONS,
              Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));
      Configuration hadoop = sandbox.configuration();
      // Late events share a file then.
      hadoop.set("lambda.archive.open-dates", "8");

      EngineEvents source = new EngineEvents(random);
      EngineOracle oracle = new EngineOracle(source, EngineDrill.PINS);
      try (EngineQuestions questions =
          new EngineQuestions(AnalystDocument.read(document), peers, hadoop, oracle)) {
        new EngineDrill(figures, hadoop, random, source, oracle, questions).run(events, rounds);
      }
    }
    return 0;
  }
}
