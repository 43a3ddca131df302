package dev.lambdastack.speed.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.HandoffException;
import java.io.IOException;
import java.util.stream.Stream;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RestartsTest {
  private static final Exception CAUSE = new IOException("inside");

  /** With a cause or without: it says nothing. */
  static Stream<RuntimeException> inVain() {
    return Stream.of(
        new InvalidInputException("No topic 'orders'"),
        new InvalidInputException("No topic 'orders'", CAUSE),
        new HandoffException("It would miss events"),
        new LostRaceException("Another job has gone on"),
        new LostRaceException("Another job has gone on", CAUSE));
  }

  static Stream<Exception> worthIt() {
    return Stream.of(
        new UnavailableException("Cannot reach Kafka"),
        new UnavailableException("Cannot reach Kafka", CAUSE),
        new IllegalStateException("anything"),
        new IOException("connection reset"));
  }

  @ParameterizedTest
  @MethodSource("inVain")
  void refusalsAndLostRacesEndTheJob(RuntimeException fault) {
    assertThat(Restarts.decided(fault))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCause(fault);
    assertThatThrownBy(
            () ->
                Restarts.decide(
                    () -> {
                      throw fault;
                    }))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCause(fault);
  }

  @ParameterizedTest
  @MethodSource("worthIt")
  void outagesAndWhatNobodyForeseesRestartIt(Exception fault) {
    assertThat(Restarts.decided(fault)).isSameAs(fault);
    assertThatThrownBy(
            () ->
                Restarts.decide(
                    () -> {
                      throw fault;
                    }))
        .isSameAs(fault);
  }

  @Test
  void aStepThatSucceedsIsTaken() {
    StringBuilder taken = new StringBuilder();
    Restarts.decide(() -> taken.append("once"));
    assertThat(taken).hasToString("once");
  }
}
