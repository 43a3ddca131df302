package dev.lambdastack.speed.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private static final long SOON = 10_000;

  @Test
  void waitingForAllWaitsForEveryBatch() throws Exception {
    InFlight inFlight = new InFlight(100, 10);
    inFlight.begin(10);
    inFlight.begin(10);
    CompletableFuture<Void> all = async(inFlight::awaitAll);
    inFlight.end(10, null);
    assertThatThrownBy(() -> all.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    inFlight.end(10, null);
    all.get(SOON, TimeUnit.MILLISECONDS);
  }

  @Test
  void aFailureIsThrownByEachFlushAfterIt() throws Exception {
    InFlight inFlight = new InFlight(100, 10);
    inFlight.begin(10);
    inFlight.end(10, new IOException("region is gone"));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(inFlight::awaitAll)
          .isInstanceOf(IOException.class)
          .hasMessage("Cannot write speed cells: region is gone");
    }
    assertThatThrownBy(() -> inFlight.begin(1)).isInstanceOf(IOException.class);
  }

  @Test
  void bytesAndBatchesAreBounded() throws Exception {
    for (InFlight inFlight : new InFlight[] {new InFlight(100, 10), new InFlight(10_000, 1)}) {
      inFlight.begin(60);
      CompletableFuture<Void> second = async(() -> inFlight.begin(60));
      assertThatThrownBy(() -> second.get(100, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      inFlight.end(60, null);
      second.get(SOON, TimeUnit.MILLISECONDS);
    }
  }

  @Test
  void anOversizedBatchGoesAlone() throws Exception {
    InFlight inFlight = new InFlight(100, 10);
    async(() -> inFlight.begin(1_000)).get(SOON, TimeUnit.MILLISECONDS);
  }

  @Test
  void settlingWaitsEvenWhenInterruptedAndKeepsTheInterrupt() throws Exception {
    InFlight inFlight = new InFlight(100, 10);
    inFlight.begin(10);
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              boolean settled = inFlight.settle(Duration.ofSeconds(10));
              interrupted.complete(settled && Thread.currentThread().isInterrupted());
            });
    thread.start();
    thread.interrupt();
    assertThatThrownBy(() -> interrupted.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    inFlight.end(10, new IOException("too late"));
    assertThat(interrupted.get(SOON, TimeUnit.MILLISECONDS)).isTrue();
  }

  @Test
  void settlingGivesUp() throws Exception {
    InFlight inFlight = new InFlight(100, 10);
    inFlight.begin(10);
    assertThat(inFlight.settle(Duration.ofMillis(20))).isFalse();
  }

  private interface Action {
    void run() throws Exception;
  }

  private static CompletableFuture<Void> async(Action action) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            action.run();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
