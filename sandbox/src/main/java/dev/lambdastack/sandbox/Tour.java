package dev.lambdastack.sandbox;

import static dev.lambdastack.sandbox.Screen.count;

import dev.lambdastack.console.UntilCtrlC;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.sandbox.foodmart.FoodMart;
import dev.lambdastack.sandbox.foodmart.Product;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.oracle.Oracle;
import dev.lambdastack.sandbox.oracle.Verdict;
import dev.lambdastack.sandbox.produce.Lateness;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.serving.store.AlertStore.Alert;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.speed.plan.ViewsLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** The quickstart's way through the architecture, step by step. */
final class Tour {
  private static final Duration EPOCH = Duration.ofSeconds(5);
  private static final int PARTITIONS = 3;
  private static final String TOPIC = ReferenceEvents.ORDERS.topic();

  private static final int SHOWN_DIFFERENCES = 20;

  private final Screen screen;
  private final Workspace workspace;
  private final int rows;
  private final boolean keep;
  private final List<String> topics;
  private final Ledger ledger = new Ledger();
  private Sandbox sandbox;
  private Layers layers;
  private LambdaClient client;

  Tour(Screen screen, Workspace workspace, int rows, boolean keep, List<String> topics) {
    this.screen = screen;
    this.workspace = workspace;
    this.rows = rows;
    this.keep = keep;
    this.topics = List.copyOf(topics);
  }

  /** The exit code. */
  int run() throws Exception {
    screen.title(
        "FoodMart's sales through Kafka, HDFS, MapReduce, HBase and Flink, in this one JVM.");
    FoodMart mart = FoodMart.open();
    List<ShopEvent> history = mart.events(1997, rows);
    List<ShopEvent> live = mart.events(1998, rows);

    // On Ctrl-C servers go down with the JVM; what they wrote must go too.
    try (UntilCtrlC signal = UntilCtrlC.thenRun(workspace::abandon);
        AutoCloseable servers = this::stop) {
      startClusters();
      try (OrderProducer producer =
          new OrderProducer(
              sandbox.clusters().kafka().bootstrapServers(), ReferenceEvents.ORDERS, ledger)) {
        produceHistory(producer, history);
        loadProducts(mart.products());
        firstBatch();
        client = layers.client();
        try (RunningSpeedJob speed = startSpeed()) {
          new LiveStage(screen, layers, client, ledger, live).run(producer);
          return judge(mart.products(), history, live);
        }
      }
    }
  }

  private void startClusters() throws Exception {
    screen.heading("Start Kafka, HDFS and HBase");
    sandbox = Sandbox.start(EPOCH);

    EmbeddedKafka kafka = sandbox.clusters().kafka();
    kafka.createTopic(TOPIC, PARTITIONS);
    kafka.createTopic(
        ReferenceEvents.PRODUCTS.topic(), PARTITIONS, Map.of("cleanup.policy", "compact"));
    kafka.createTopic(ReferenceEvents.CARD_TRANSACTIONS.topic(), PARTITIONS);
    kafka.createTopic(sandbox.config().alerts().topic(), 1);
    for (String topic : topics) {
      kafka.createTopic(topic, PARTITIONS);
    }

    layers = new Layers(sandbox.config(), TOPIC, ViewsLoader.FROM_CLASS_PATH);
    screen.say(
        "Kafka %s, HDFS %s; topic %s with %d partitions, epochs of %d s",
        kafka.bootstrapServers(),
        sandbox.clusters().hdfs().uri(),
        TOPIC,
        PARTITIONS,
        EPOCH.toSeconds());
    for (String topic : topics) {
      screen.say("Topic %s with %d partitions, for events of your own", topic, PARTITIONS);
    }
  }

  private void produceHistory(OrderProducer producer, List<ShopEvent> history) throws Exception {
    screen.heading("History: the sales of 1997 to Kafka, in the order of the file");
    try (Screen.Progress progress = screen.progress("events", history.size())) {
      for (ShopEvent event : history) {
        producer.send(event);
        progress.at(ledger.size());
      }
      producer.flush();
    }

    Lateness late = Lateness.of(ledger.entries(), Map.of());
    screen.say(
        "%s events: %s sales, and one sale in %d returned %d days later (we add the returns, the data has none)",
        count(ledger.size()),
        count(late.sales()),
        FoodMart.RETURNED_ONE_IN,
        FoodMart.RETURNED_AFTER_DAYS);
    screen.say(
        "%s of the sales are late, that is %s: the file lists store after store, so they stand behind a sale of a later day; the middle one is %d days late",
        count(late.late()), Answers.share(late.late(), late.sales()), late.medianDays());
  }

  private void loadProducts(List<Product> products) throws Exception {
    screen.heading("Products: a dimension that answers are joined to when they are read");
    Products.send(sandbox.config(), products);
    screen.say(
        "%s products with their brands, from a compacted topic into HBase (sales_by_brand looks them up)",
        count(Products.load(sandbox.config())));
  }

  private RunningSpeedJob startSpeed() throws Exception {
    screen.heading("Start the speed job");
    RunningSpeedJob job = layers.startSpeed();
    layers.awaitComplete(client);
    screen.say(
        "Flink runs it in this JVM; it fills generation %d of %s",
        job.generations().get(0).number(),
        String.join(", ", job.generations().stream().map(g -> g.shape().name()).toList()));
    return job;
  }

  private void firstBatch() throws Exception {
    screen.heading("First batch run: archive, recompute, publish");
    layers.awaitEpochAfter(ledger.lastAppended());
    layers.batch().lines().forEach(line -> screen.say("%s", line));
  }

  private int judge(List<Product> products, List<ShopEvent> history, List<ShopEvent> live)
      throws Exception {
    screen.heading("What the stack answers now");
    Showcase showcase = Showcase.of(live, products);
    Answers answers = new Answers(client, screen);
    answers.week(showcase.category(), showcase.monday());
    answers.minutes(showcase.opening(), Showcase.MINUTES);
    answers.brands(showcase.day(), 5);
    sayLate();
    showAlerts();

    screen.heading("Compare every answer with a plain recomputation from the source rows");
    Oracle oracle =
        new Oracle(products.stream().collect(Collectors.toMap(Product::id, Product::brand)));
    oracle.countAll(history);
    oracle.countAll(live);

    Verdict verdict = oracle.compare(client);
    verdict.differences().stream()
        .limit(SHOWN_DIFFERENCES)
        .forEach(difference -> screen.say("%s", difference));
    if (verdict.differences().size() > SHOWN_DIFFERENCES) {
      screen.say("… and %s more", count(verdict.differences().size() - SHOWN_DIFFERENCES));
    }

    screen.say("%s", verdict);
    screen.say(
        "(All windows of the three views, found or expected; %d reads by key were compared besides.)",
        verdict.keyQueries());

    screen.title(
        "%n%.0f s, at most %s of memory.",
        screen.elapsed().toMillis() / 1000.0,
        Memory.peakBytes().isPresent()
            ? String.format(Locale.ROOT, "%.1f GB", Memory.peakBytes().getAsLong() / 1e9)
            : "an unknown amount");

    if (keep) {
      stayUp(showcase);
    }

    return verdict.allEqual() ? 0 : 1;
  }

  private void showAlerts() throws Exception {
    screen.heading("Alerts: rules over a topic of their own, each alert once");
    List<Alert> alerts = new CardAlerts(sandbox.config()).run();
    screen.say(
        "%d uses of two cards on topic %s:",
        CardAlerts.uses(), ReferenceEvents.CARD_TRANSACTIONS.topic());
    alerts.forEach(a -> screen.say("  %s %s: %s", a.rule(), a.key(), a.message()));
  }

  private void sayLate() throws Exception {
    Provenance from = client.describe("daily_sales").provenance();
    Map<Integer, Long> horizon = from.version().map(v -> v.horizon().offsets()).orElse(Map.of());
    Lateness late = Lateness.of(ledger.entries(), horizon);
    screen.say(
        "%s sales of both years came late by a day or more, up to %d days: %s before the horizon, so batch holds them, %s behind it, so speed does.",
        count(late.late()), late.mostDays(), count(late.lateInBatch()), count(late.lateInSpeed()));
  }

  private void stayUp(Showcase showcase) throws Exception {
    Path folder = workspace.path().resolve("conf");
    sandbox.writeSiteFiles(folder);

    screen.title("%nStays up until Ctrl-C. From another terminal, in the project's folder:%n");
    screen.title("  export LAMBDA_CONF=%s", folder);
    screen.title("  scripts/lambda views --published");
    screen.title(
        "  scripts/lambda query daily_sales --key '%s' --from %s --to %s",
        showcase.category(), showcase.monday(), showcase.monday().plusDays(7));
    screen.title(
        "  scripts/lambda query sales_by_brand --key '%s' --from 1998-01-01 --to 1998-12-31",
        showcase.brand());
    screen.title("  scripts/lambda alerts --list");
    screen.title(
        "  scripts/lambda query action_metrics --all --from %s --to %s --format csv",
        showcase.opening(), showcase.opening().plus(Showcase.MINUTES));

    new CountDownLatch(1).await();
  }

  /** Stops what runs; the clusters' data goes with the workspace. */
  private void stop() throws Exception {
    if (client != null) {
      client.close();
      client = null;
    }
    if (sandbox != null) {
      sandbox.close();
      sandbox = null;
    }
  }
}
