package dev.lambdastack.benchmarks;

import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench speed}: how soon an event is readable, and how fast a backlog is. */
@Command(
    name = "speed",
    sortOptions = false,
    header = "How soon events are readable, and how fast the speed job catches up, beside peers.",
    description = {
      "",
      "Latency: from the moment that an event was due to be sent to the moment that a client of hbase-serving",
      "reads it, at fixed rates, a stall counting for every event that it holds up. Kafka, HDFS, HBase, the",
      "speed job, the producer and the reader share this JVM. Every event of one device in twenty is followed.",
      "Catch-up: from the first record read to all applied and told to readers; count and sum by device and",
      "minute. A peer does the same on the same topic in a process of its own, in turns with ours and while no",
      "other peer runs; its totals must equal ours.",
      ""
    })
final class SpeedBench implements Callable<Integer> {
  /** The rate that the closing line tells. */
  private static final int AIM_RATE = 20_000;

  private static final Duration WARM_UP = Duration.ofSeconds(10);

  /** How long the first rate is held before anything is counted: the JVM compiles meanwhile. */
  private static final Duration COLD = Duration.ofSeconds(20);

  private static final Duration START_LIMIT = Duration.ofMinutes(1);
  private static final double SUSTAINED_P99_MILLIS = 2000;
  private static final double SUSTAINED_DRAIN_SECONDS = 3;
  private static final double STEP = 1.5;
  private static final double STEP_BACK = 0.8;
  private static final int MAX_RATE = 2_000_000;
  private static final int LINGER_MILLIS = 5;
  private static final int BATCH_BYTES = 64 << 10;

  /** Names of peers, and their main classes. */
  private static final Map<String, String> PEERS = new LinkedHashMap<>();

  static {
    PEERS.put("kafka-streams", "KafkaStreamsPeer");
    PEERS.put("flink-sql", "FlinkSqlPeer");
    PEERS.put("spark-streaming", "SparkStreamingPeer");
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--rate",
      paramLabel = "<events/s>",
      split = ",",
      defaultValue = "10000,20000,50000",
      description = "Rates at which latencies are taken, in this order; default: ${DEFAULT-VALUE}.")
  private List<Integer> rates;

  @Option(
      names = "--seconds",
      paramLabel = "<number>",
      defaultValue = "20",
      description =
          "How long each rate is held, after 10 s that warm up; default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--sustain-seconds",
      paramLabel = "<number>",
      defaultValue = "0",
      description =
          "Holds the highest rate that was sustained for so long, or the next lower one that can be; default: not.")
  private int sustainSeconds;

  @Option(names = "--no-climb", description = "Does not look for the highest rate.")
  private boolean noClimb;

  @Option(
      names = "--events",
      paramLabel = "<number>",
      defaultValue = "32000000",
      description = "Events of a catch-up; default: ${DEFAULT-VALUE}.")
  private long events;

  @Option(
      names = "--runs",
      paramLabel = "<number>",
      defaultValue = "3",
      description =
          "Counted catch-ups of each, after one that warms up; default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--peer",
      paramLabel = "<name>",
      split = ",",
      description = "Which peers: kafka-streams, flink-sql, spark-streaming; default: all.")
  private List<String> wanted;

  @Option(names = "--no-peer", description = "Leaves the peers out.")
  private boolean noPeer;

  @Option(names = "--no-latency", description = "Takes no latencies.")
  private boolean noLatency;

  @Option(names = "--no-throughput", description = "Leaves the catch-up out.")
  private boolean noThroughput;

  @Option(
      names = "--peers",
      required = true,
      hidden = true,
      description = "The folder of the peers.")
  private Path peers;

  @Override
  public Integer call() throws Exception {
    check();
    Figures figures = new Figures(spec.commandLine().getOut());
    return Bench.judge(figures, () -> measure(figures));
  }

  private int measure(Figures figures) throws Exception {
    List<String> closing = new ArrayList<>();
    try (SpeedTestBed bed = SpeedTestBed.open()) {
      if (!noLatency) {
        latencies(bed, figures, closing);
      }
      if (!noThroughput) {
        throughput(bed, figures, closing);
      }
      closing.forEach(line -> figures.say("%s", line));
      return 0;
    }
  }

  private void check() {
    rates.forEach(rate -> atLeastOne("--rate", rate));
    atLeastOne("--seconds", seconds);

    if (sustainSeconds < 0) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT, "--sustain-seconds must not be negative, found %d", sustainSeconds));
    }

    if (runs < 0) {
      throw new InvalidInputException(
          String.format(Locale.ROOT, "--runs must not be negative, found %d", runs));
    }

    if (events < Readings.PARTITIONS) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT, "--events must be at least %d, found %d", Readings.PARTITIONS, events));
    }

    for (String peer : chosen()) {
      if (!PEERS.containsKey(peer)) {
        throw new InvalidInputException(
            "There is no peer '%s' (expected %s)"
                .formatted(peer, String.join(", ", PEERS.keySet())));
      }
    }
  }

  private static void atLeastOne(String option, int value) {
    if (value < 1) {
      throw new InvalidInputException(
          String.format(Locale.ROOT, "%s must be at least 1, found %d", option, value));
    }
  }

  private List<String> chosen() {
    return noPeer ? List.of() : wanted == null ? List.copyOf(PEERS.keySet()) : wanted;
  }

  private void latencies(SpeedTestBed bed, Figures figures, List<String> closing) throws Exception {
    bed.createTopic(Readings.LIVE);

    try (RunningSpeedJob job = bed.layers(Readings.LIVE).startSpeed();
        LambdaClient client = bed.layers(Readings.LIVE).client();
        OpenLoop meters = new OpenLoop(bed.producer(LINGER_MILLIS, BATCH_BYTES), client)) {
      job.awaitRunning(START_LIMIT);
      bed.layers(Readings.LIVE).awaitComplete(client);

      figures.say("Latency, every event of one device in %d", OpenLoop.FOLLOWED_ONE_IN);
      OpenLoop.Result result = meters.run(rates.get(0), Duration.ZERO, COLD);
      for (int rate : rates) {
        result = hold(meters, rate, seconds);
        figures.say("  %,9d events/s  %s", rate, result.all());
        if (rate == AIM_RATE) {
          closing.add(
              String.format(
                  Locale.ROOT, "speed p99 ms at %d/s: %.0f", rate, result.all().millis(0.99)));
        }
      }

      if (!noClimb) {
        sustained(meters, result, figures)
            .ifPresent(
                rate ->
                    closing.add(String.format(Locale.ROOT, "speed sustained events/s: %d", rate)));
      }

      job.checkAlive();
    }
  }

  private static OpenLoop.Result hold(OpenLoop meters, int rate, int seconds) throws Exception {
    return meters.run(rate, WARM_UP, Duration.ofSeconds(seconds));
  }

  /**
   * Climbs until a rate cannot be held; then holds the last one for longer, if that is asked.
   *
   * @param atLast of the last of the given rates, from which it climbs
   */
  private Optional<Integer> sustained(OpenLoop meters, OpenLoop.Result atLast, Figures figures)
      throws Exception {
    int last = isHeld(atLast) ? rates.get(rates.size() - 1) : 0;
    for (int rate = (int) (last * STEP); last > 0 && rate < MAX_RATE; rate = (int) (rate * STEP)) {
      OpenLoop.Result result = hold(meters, rate, seconds);
      boolean held = isHeld(result);
      figures.say(
          "  %,9d events/s  %s, all readable %.1f s after the last: %s",
          rate, result.all(), result.drainSeconds(), held ? "held" : "not held");
      if (!held) {
        break;
      }
      last = rate;
    }

    if (sustainSeconds == 0) {
      return last == 0 ? Optional.empty() : Optional.of(last);
    }

    for (int rate = last; rate > 0; rate = (int) (rate * STEP_BACK)) {
      OpenLoop.Result result = hold(meters, rate, sustainSeconds);
      boolean held = isHeld(result);
      figures.say(
          "  %,9d events/s for %d s  %s: %s",
          rate, sustainSeconds, result.all(), held ? "held" : "not held");
      if (held) {
        return Optional.of(rate);
      }
    }

    return Optional.empty();
  }

  /** Whether nothing piles up: by its second half a backlog would show. */
  private static boolean isHeld(OpenLoop.Result result) {
    return result.later().millis(0.99) <= SUSTAINED_P99_MILLIS
        && result.drainSeconds() <= SUSTAINED_DRAIN_SECONDS;
  }

  private void throughput(SpeedTestBed bed, Figures figures, List<String> closing)
      throws Exception {
    bed.createTopic(Readings.STORED);
    long perPartition = events / Readings.PARTITIONS;
    long stored = perPartition * Readings.PARTITIONS;
    Readings.store(bed.producer(20, 256 << 10), perPartition);
    Readings.Expected expected = Readings.expected(perPartition);
    figures.say(
        "Catch-up over %,d events in %d partitions: %,d rows",
        stored, Readings.PARTITIONS, expected.rows());

    CatchUp catchUp = new CatchUp(bed);
    for (int run = 0; run <= runs; run++) {
      figures.add("drain", catchUp.drain(), stored);
      figures.add("discard", catchUp.discarding(), stored);
      figures.add("ours", ours(catchUp, expected), stored);
    }

    Path schema =
        Files.writeString(
            Files.createTempFile("reading", ".avsc"),
            Readings.type(Readings.STORED).schema().toString());
    String question = "%s %s %s".formatted(bed.brokers(), Readings.STORED, schema);

    for (String name : chosen()) {
      String beside = "ours beside " + name;
      try (Peer peer = start(name)) {
        for (int run = 0; run <= runs; run++) {
          figures.add(beside, ours(catchUp, expected), stored);
          figures.add(name, theirs(name, peer, question, expected), stored);
        }
      }
      closing.add(
          String.format(Locale.ROOT, "speed vs %s: %.2f", name, figures.speedup(beside, name)));
    }

    closing.add(
        String.format(Locale.ROOT, "speed vs discard: %.2f", figures.speedup("ours", "discard")));
    closing.add(
        String.format(Locale.ROOT, "speed vs drain: %.2f", figures.speedup("ours", "drain")));
  }

  private static double ours(CatchUp catchUp, Readings.Expected expected) throws Exception {
    double seconds = catchUp.ours();
    WrongAnswerException.check("Ours", catchUp.answers(), expected);
    return seconds;
  }

  private static double theirs(String name, Peer peer, String question, Readings.Expected expected)
      throws Exception {
    Peer.Run run = peer.run(question);
    WrongAnswerException.check(
        name,
        new Readings.Expected(run.rows(), run.totals().get(0), run.totals().get(1)),
        expected);
    return run.seconds();
  }

  private Peer start(String name) throws IOException {
    // Spark's streaming peer shares the build of its batch peer.
    Path build = peers.resolve(name.equals("spark-streaming") ? "spark" : name);
    Path log = Files.createTempFile(name, ".log");
    return Peer.start(build, PEERS.get(name), "2g", log, List.of());
  }
}
