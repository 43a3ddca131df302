package dev.lambdastack.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** By the exceptions that Kafka's clients throw, as they are and wrapped. */
class KafkaFaultTest {
  static Stream<Exception> refusals() {
    return Stream.of(
        new TopicAuthorizationException(Set.of("orders")),
        new TransactionalIdAuthorizationException("no"),
        new SaslAuthenticationException("wrong password"),
        new InvalidTopicException("a b"),
        new UnknownTopicOrPartitionException("gone"),
        new RecordTooLargeException("1 GB"));
  }

  static Stream<Exception> outages() {
    return Stream.of(
        new TimeoutException("60000 ms"),
        new DisconnectException(),
        new NotEnoughReplicasException("1 of 2"),
        new NotLeaderOrFollowerException("elected"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void whatKafkaWouldRefuseAgainIsRefused(Exception failure) {
    assertThat(KafkaFault.isRefusal(failure)).isTrue();
    assertThat(KafkaFault.of("Cannot.", failure))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("Cannot.")
        .hasCause(failure);
    assertThat(KafkaFault.of("Cannot.", new KafkaException(new ExecutionException(failure))))
        .isInstanceOf(InvalidInputException.class);
  }

  @ParameterizedTest
  @MethodSource("outages")
  void whatKafkaMayTakeLaterIsAnOutage(Exception failure) {
    assertThat(KafkaFault.isRefusal(failure)).isFalse();
    assertThat(KafkaFault.of("Cannot.", failure)).isInstanceOf(UnavailableException.class);
    assertThat(KafkaFault.of("Cannot.", new KafkaException(new ExecutionException(failure))))
        .isInstanceOf(UnavailableException.class);
  }

  /**
   * Who is fenced looks first whether another run is there: perhaps its own earlier attempt was.
   */
  @Test
  void aFencedProducerIsNotRefused() {
    assertThat(KafkaFault.isRefusal(new ProducerFencedException("fenced"))).isFalse();
  }
}
