package dev.lambdastack.speed.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.speed.message.Envelope;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.speed.plan.TestingPlans;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Without a broker: what can be sent is a matter of the tests that have one. */
class DeadLetterTopicTest {
  private static final SpeedPlan PLAN = TestingPlans.from(Map.of(0, 0L), 0);
  private static final Rejection REJECTION = new Rejection(Rejection.Reason.CORRUPT, "cut off");
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static Envelope envelope(long offset, int bytes) {
    return new Envelope(0, offset, 0, false, new byte[bytes]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:1", "no-such-host.invalid:9092"})
  void whatCannotBeSentIsCountedAndHoldsNobodyUp(String kafka) throws Exception {
    long started = System.nanoTime();
    SpeedPlan plan = TestingPlans.at(kafka);
    try (DeadLetterTopic topic = new DeadLetterTopic(plan, "nowhere")) {
      for (int i = 0; i < 3; i++) {
        topic.send(envelope(i, 10), REJECTION);
      }
      // Each look-up of the topic takes as long as Kafka may take to answer: a second here.
      assertThat(Duration.ofNanos(System.nanoTime() - started))
          .isLessThan(plan.kafka().timeout().multipliedBy(3));
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (topic.lost() < 3) {
        assertThat(System.nanoTime()).as("%d lost", topic.lost()).isLessThan(deadline);
        Thread.sleep(20);
      }
    }
  }

  @Test
  void noMoreThanSomeMegabytesWait() throws Exception {
    try (DeadLetterTopic topic = new DeadLetterTopic(PLAN, "nowhere")) {
      topic.send(envelope(0, 15 << 20), REJECTION);
      assertThat(topic.lost()).isZero();
      topic.send(envelope(1, 2 << 20), REJECTION);
      assertThat(topic.lost()).isEqualTo(1);
      topic.send(envelope(2, 1 << 10), REJECTION);
      assertThat(topic.lost()).isEqualTo(1);
    }
  }
}
