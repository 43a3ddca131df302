package dev.lambdastack.sandbox;

import dev.lambdastack.batch.publish.Flip;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.sandbox.produce.Ledger;
import dev.lambdastack.sandbox.produce.OrderProducer;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.settings.KafkaSettings;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.launch.RunningSpeedJob;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.Version;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;

/**
 * Somebody publishes a view with a wrong formula; it is undone in one command, put right and
 * computed anew, while a reader asks all the time. The master dataset stays as it is.
 */
public final class UndoDrill {
  private static final int PARTITIONS = 3;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Takes what a person should see. */
  public interface Narrator {
    void heading(String title);

    void say(String line);
  }

  /**
   * How it went.
   *
   * @param answers what the reader saw, in order, equal ones in a row as one
   * @param reads how many answers there were
   * @param before the master dataset after the first batch run
   * @param after the same at the end
   */
  public record Outcome(List<String> answers, int reads, MasterHash before, MasterHash after) {
    /** Right answers, then wrong ones, then right ones; nothing else, and no byte changed. */
    public boolean isAsExpected() {
      return answers.equals(List.of("RIGHT", "WRONG", "RIGHT")) && before.equals(after);
    }
  }

  private final Narrator narrator;
  private final LambdaConfig config;
  private final Sandbox sandbox;
  private final Layers right;
  private final Layers mistaken;
  private final Ledger ledger = new Ledger();

  public UndoDrill(Sandbox sandbox, Narrator narrator) {
    this.sandbox = sandbox;
    this.narrator = narrator;
    Configuration conf = sandbox.configuration();
    conf.set("lambda.speed.checkpoint-interval", "200ms");
    conf.set("lambda.speed.emit-interval", "100ms");
    // The published row is read anew for each answer: what is shown after a flip is by that flip.
    conf.set("lambda.read.cache", "0ms");
    this.config = LambdaConfig.of(conf);
    this.right = new Layers(config, DrillViews.TOPIC, DrillViews.RIGHT);
    this.mistaken = new Layers(config, DrillViews.TOPIC, DrillViews.MISTAKEN);
  }

  /** Runs it; the first half of the events comes before the horizon, the second behind it. */
  public Outcome run(List<ShopEvent> events) throws Exception {
    sandbox.clusters().kafka().createTopic(DrillViews.TOPIC, PARTITIONS);
    Revenue revenue = new Revenue(events);

    try (LambdaClient client = right.client()) {
      narrator.heading("A view that is right");
      produce(events.subList(0, events.size() / 2));
      right.awaitEpochAfter(ledger.lastAppended());
      right.archive();
      Version first = right.recompute(DrillViews.VIEW);
      say(right.publish(DrillViews.VIEW));

      try (RunningSpeedJob speed = right.startSpeed()) {
        produce(events.subList(events.size() / 2, events.size()));
        right.awaitFresh(client, ledger.lastAppended());
        right.awaitComplete(client);

        MasterHash before = MasterHash.of(config, DrillViews.TOPIC);
        narrator.say(
            String.format(
                Locale.ROOT,
                "The master dataset: %d files, %,d bytes, SHA-256 %s",
                before.files(),
                before.bytes(),
                before.sha256().substring(0, 16)));

        try (Watcher watcher = new Watcher(client, revenue)) {
          answers(watcher.next(), revenue);
          publishMistake(watcher, revenue, first);
          putRight(watcher, revenue, first);
          List<Revenue.Kind> kinds = watcher.stop();
          MasterHash after = MasterHash.of(config, DrillViews.TOPIC);
          return outcome(kinds, before, after);
        }
      }
    }
  }

  private void publishMistake(Watcher watcher, Revenue revenue, Version first) throws Exception {
    narrator.heading("A formula that is wrong: price x 0.5");
    Version wrong = mistaken.recompute(DrillViews.VIEW);

    try (RunningSpeedJob speed = mistaken.startSpeed()) {
      awaitApplied(speed);
      say(onceAsFresh(() -> mistaken.publish(DrillViews.VIEW)));
      answers(watcher.next(), revenue);

      narrator.heading("Undone in one command");
      narrator.say(
          String.format(
              Locale.ROOT, "$ lambda rollback %s --to %d", DrillViews.VIEW, first.number()));
      say(onceAsFresh(() -> right.rollback(DrillViews.VIEW, first.number())));
      answers(watcher.next(), revenue);

      narrator.say(
          String.format(
              Locale.ROOT,
              "Version %d, with the mistake, is kept until it is discarded or cleaned up.",
              wrong.number()));
    }
  }

  private void putRight(Watcher watcher, Revenue revenue, Version first) throws Exception {
    narrator.heading("Put right and computed anew");
    Version again = right.recomputeFull(DrillViews.VIEW);
    say(right.publish(DrillViews.VIEW));
    answers(watcher.next(), revenue);
    if (!again.fingerprint().equals(first.fingerprint())) {
      throw new IllegalStateException("the view that was put right is another one than before");
    }
  }

  /** Tries again, as the refusal says, while a generation is behind the one that answers. */
  private static Flip onceAsFresh(Callable<Flip> flip) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        return flip.call();
      } catch (HandoffException behind) {
        if (System.nanoTime() - deadline > 0) {
          throw behind;
        }
        Thread.sleep(100);
      }
    }
  }

  private void awaitApplied(RunningSpeedJob job) throws Exception {
    try (TopicLog log =
        TopicLog.open(
            new KafkaSettings(sandbox.clusters().kafka().bootstrapServers(), LIMIT),
            DrillViews.TOPIC)) {
      Map<Integer, Long> ends = log.endOffsets();
      job.awaitApplied(ends, LIMIT);
      job.awaitFreshness(ledger.lastAppended().plusMillis(1), LIMIT);
    }
  }

  private void produce(List<ShopEvent> events) throws Exception {
    try (OrderProducer producer =
        new OrderProducer(
            sandbox.clusters().kafka().bootstrapServers(), DrillViews.orders(), ledger)) {
      for (ShopEvent event : events) {
        producer.send(event);
      }
      producer.flush();
    }
  }

  private void say(Flip flip) {
    flip.report().ifPresent(report -> report.lines().forEach(narrator::say));
    narrator.say(
        String.format(
            Locale.ROOT,
            "Version %d answers%s.",
            flip.after().version().orElseThrow().number(),
            flip.after()
                .generation()
                .map(g -> String.format(Locale.ROOT, " with speed generation %d", g.number()))
                .orElse("")));
  }

  private void answers(Answer answer, Revenue revenue) {
    BigDecimal total = Revenue.total(answer);
    narrator.say(
        String.format(
            Locale.ROOT,
            "Revenue of all categories and days: %s, and should be %s: %s (%.0f %% from speed)",
            total.stripTrailingZeros().toPlainString(),
            revenue.total().toPlainString(),
            revenue.kind(answer),
            100 * answer.speedShare()));
  }

  private static Outcome outcome(List<Revenue.Kind> kinds, MasterHash before, MasterHash after) {
    List<String> phases = new ArrayList<>();
    for (Revenue.Kind kind : kinds) {
      if (phases.isEmpty() || !phases.get(phases.size() - 1).equals(kind.name())) {
        phases.add(kind.name());
      }
    }
    return new Outcome(phases, kinds.size(), before, after);
  }
}
