package dev.lambdastack.sandbox;

import dev.lambdastack.reference.ReferenceEvents;
import dev.lambdastack.sandbox.foodmart.FoodMart;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.serving.cli.CommandRunner;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "quickstart", mixinStandardHelpOptions = true)
public final class Quickstart implements Callable<Integer> {
  private static final Duration EPOCH = Duration.ofSeconds(5);
  @Spec private CommandSpec spec;

  @Option(names = "--rows")
  private int rows = Integer.MAX_VALUE;

  public static void main(String[] args) {
    System.exit(CommandRunner.onConsole(new Quickstart(), args));
  }

  @Override
  public Integer call() throws Exception {
    Screen screen = new Screen(spec.commandLine().getOut(), System.console() != null);
    try (Workspace workspace = Workspace.create()) {
      screen.heading("Start Kafka, HDFS and HBase");
      try (Sandbox sandbox = Sandbox.start(EPOCH)) {
        sandbox.clusters().kafka().createTopic(ReferenceEvents.ORDERS.topic(), 3);
        screen.heading("History");
        List<ShopEvent> history = FoodMart.open().events(1997, rows);
        Ledger ledger = new Ledger();
        try (OrderProducer producer =
            new OrderProducer(
                sandbox.clusters().kafka().bootstrapServers(), ReferenceEvents.ORDERS, ledger)) {
          for (ShopEvent e : history) {
            producer.send(e);
          }
          producer.flush();
        }
        screen.say("%d events %s", ledger.size(), ledger.ends());
        screen.heading("End");
      }
    }
    screen.heading("Closed");
    screen.say("memory %s", Memory.peakBytes());
    return 0;
  }
}
