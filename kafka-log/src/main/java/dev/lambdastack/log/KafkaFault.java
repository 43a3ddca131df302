package dev.lambdastack.log;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What kind of fault a failed call to Kafka is. */
public final class KafkaFault {
  private KafkaFault() {}

  /**
   * The exception to throw for a failed call.
   *
   * @param message one line
   * @return {@link UnavailableException} where Kafka may take the same call later, else {@link
   *     InvalidInputException}
   */
  public static LambdaException of(String message, Exception failure) {
    boolean isOutage =
        !isRefusal(failure) && causes(failure).anyMatch(RetriableException.class::isInstance);
    return isOutage
        ? new UnavailableException(message, failure)
        : new InvalidInputException(message, failure);
  }

  /**
   * Whether Kafka refused the call and would do so again: we may not, cannot log in, the topic is
   * gone (which Kafka calls retriable, since a new topic comes late to some brokers), or the record
   * does not fit.
   */
  public static boolean isRefusal(Throwable failure) {
    return causes(failure)
        .anyMatch(
            cause ->
                // Rights, logins, names of topics.
                cause instanceof InvalidConfigurationException
                    || cause instanceof UnknownTopicOrPartitionException
                    || cause instanceof RecordTooLargeException
                    || cause instanceof InvalidRecordException
                    || cause instanceof PolicyViolationException);
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
  }
}
