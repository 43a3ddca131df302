package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.BatchRun;
import dev.lambdastack.sandbox.Layers;
import dev.lambdastack.sandbox.Sandbox;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.oracle.Oracle;
import dev.lambdastack.sandbox.oracle.Verdict;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.sandbox.produce.Shops;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.plan.ViewsLoader;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;

/** A topic with its views, the verbs on it, what was produced and what must be the answer. */
final class Scenario implements AutoCloseable {
  static final int PARTITIONS = 3;

  private final String name;
  private final Sandbox sandbox;
  private final Layers layers;
  private final Connection hbase;
  private final LambdaClient client;
  private final Ledger ledger = new Ledger();
  private final Oracle oracle;
  private OrderProducer producer;
  private final Shops shops;

  /** Makes the topic; the scenario is one of {@link ScenarioViews}. */
  static Scenario open(String name, long seed) throws IOException {
    Sandbox sandbox = SharedSandbox.sandbox();
    sandbox.clusters().kafka().createTopic(ScenarioViews.orders(name).topic(), PARTITIONS);
    return new Scenario(name, sandbox, seed);
  }

  private Scenario(String name, Sandbox sandbox, long seed) {
    this.name = name;
    this.sandbox = sandbox;
    Configuration conf = sandbox.configuration();
    conf.set("lambda.speed.checkpoint-interval", "200ms");
    conf.set("lambda.speed.emit-interval", "100ms");
    // One machine, one clock: partitions that are added count from three seconds on.
    conf.set("lambda.clock-skew", "1s");
    // A row that is read anew for each answer: tests look at flips.
    conf.set("lambda.read.cache", "0ms");
    this.layers =
        new Layers(
            LambdaConfig.of(conf), ScenarioViews.orders(name).topic(), ViewsLoader.FROM_CLASS_PATH);
    this.hbase = HBaseConnector.connect(layers.config());
    this.client = layers.client();
    this.oracle = new Oracle(name + "_");
    this.producer = new OrderProducer(bootstrapServers(), type(), ledger);
    System.out.println(name + ": seed " + seed);
    this.shops = new Shops(seed, Duration.ofMinutes(10), Duration.ofDays(9));
  }

  EventType type() {
    return ScenarioViews.orders(name);
  }

  String bootstrapServers() {
    return sandbox.clusters().kafka().bootstrapServers();
  }

  Sandbox sandbox() {
    return sandbox;
  }

  Layers layers() {
    return layers;
  }

  LambdaClient client() {
    return client;
  }

  Connection hbase() {
    return hbase;
  }

  Ledger ledger() {
    return ledger;
  }

  Oracle oracle() {
    return oracle;
  }

  Shops shops() {
    return shops;
  }

  OrderProducer producer() {
    return producer;
  }

  /** Adds partitions to the topic; events go to them from now on. */
  void grow(int partitions) throws Exception {
    try (Admin admin = sandbox.clusters().kafka().admin()) {
      admin
          .createPartitions(Map.of(type().topic(), NewPartitions.increaseTo(partitions)))
          .all()
          .get();
    }
    // A producer asks for the number of partitions when it starts, and then every five minutes.
    producer.close();
    producer = new OrderProducer(bootstrapServers(), type(), ledger);
  }

  /** A view of the scenario by its name without the scenario's. */
  String view(String view) {
    return name + "_" + view;
  }

  /** Produces new events and waits until they are acknowledged. */
  List<ShopEvent> produce(int count) throws IOException {
    List<ShopEvent> events = shops.events(count);
    for (ShopEvent event : events) {
      producer.send(event);
      oracle.count(event);
    }
    producer.flush();
    return events;
  }

  /** Produces in each of the next epochs. */
  void produceOver(int epochs, int countEach) throws Exception {
    for (int i = 0; i < epochs; i++) {
      produce(countEach);
      layers.awaitEpochAfter(ledger.lastAppended());
    }
  }

  /** Waits for the end of the epoch that is under way, and runs the batch layer. */
  BatchRun batch() throws Exception {
    layers.awaitEpochAfter(ledger.lastAppended());
    return layers.batch();
  }

  /** Waits until answers claim to hold all that was produced. */
  void awaitFresh() throws Exception {
    layers.awaitFresh(client, ledger.lastAppended());
  }

  /** Compares every window, and fails when one differs. */
  Verdict check(String when) throws IOException {
    Verdict verdict = oracle.compare(client);
    System.out.printf("%s, %s: %s%n", name, when, verdict);
    assertThat(verdict.differences()).as(when).isEmpty();
    assertThat(verdict.windows()).isPositive();
    return verdict;
  }

  /** Over how many epochs of log time the acknowledged events are spread. */
  long epochs() {
    TreeSet<Long> epochs = new TreeSet<>();
    long length = layers.config().log().epoch().toMillis();
    ledger.entries().forEach(e -> epochs.add(e.appended().toEpochMilli() / length));
    return epochs.size();
  }

  @Override
  public void close() throws Exception {
    producer.close();
    client.close();
    hbase.close();
  }
}
