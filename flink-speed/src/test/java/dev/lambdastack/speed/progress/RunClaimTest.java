package dev.lambdastack.speed.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunClaimTest {
  private static final Configuration CONF = new Configuration(false);

  @TempDir Path folder;

  private RunClaim of(String run) {
    return RunClaim.of(folder.toUri().toString(), CONF, "speed job of topic orders", run);
  }

  private RunClaim of(String run, long restored) {
    return of(run).attempt(OptionalLong.of(restored));
  }

  @Test
  void theRunThatClaimedLastGoesOn() throws Exception {
    of("b").take();
    of("b").check();
    of("a").take();
    of("a").check();
    assertThatThrownBy(() -> of("b").check())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Another speed job of topic orders has gone on in place of this one (run a, ours is b); this one stops");
    assertThatThrownBy(() -> of("b").takeOver()).isInstanceOf(InvalidInputException.class);
    of("a").check();
  }

  /** Flink ends the earlier one's tasks, where it reaches them: it is no refusal for good. */
  @Test
  void theAttemptFromALaterCheckpointGoesOn() throws Exception {
    of("a").take();
    of("a", 7).check();
    of("a", 7).takeOver();
    of("a", 7).check();
    of("a", 9).takeOver();
    assertThatThrownBy(() -> of("a", 7).check())
        .isInstanceOf(IOException.class)
        .hasMessage(
            "This speed job of topic orders has gone on from checkpoint 9; what went on from 7 stops");
    assertThatThrownBy(() -> of("a").check()).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> of("a", 8).takeOver()).isInstanceOf(IOException.class);
    of("a", 9).check();
    of("a", 9).takeOver();
    of("a", 9).check();
  }

  /** Or else a record that was read after the take-over could stand in a total of the other. */
  @Test
  void aTakeOverOutlastsEveryEarlierCheck() throws Exception {
    of("a").take();
    RunClaim writer = of("a", 1);
    CompletableFuture<Void> taken = new CompletableFuture<>();
    Thread other =
        new Thread(
            () -> {
              try {
                of("a", 2).takeOver();
                taken.complete(null);
              } catch (Exception e) {
                taken.completeExceptionally(e);
              }
            });
    writer.checkNowAndThen();
    other.start();
    boolean mayWrite = true;
    boolean otherWasDone = false;
    while (mayWrite) {
      otherWasDone = taken.isDone();
      try {
        writer.checkNowAndThen();
      } catch (IOException e) {
        mayWrite = false;
      }
      assertThat(mayWrite && otherWasDone).as("may write after the take-over").isFalse();
    }
    taken.get();
    other.join();
  }

  @Test
  void anEndedRunIsNotWaitedForAndWritesNoMore() throws Exception {
    of("a").take();
    of("a", 3).takeOver();
    of("a").release();
    assertThatThrownBy(() -> of("a", 3).check())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("This speed job of topic orders was ended (run a)");
    long start = System.nanoTime();
    assertThat(RunClaim.alive(List.of(folder.toUri().toString()), CONF)).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    of("b").take();
    of("a").release();
    of("b").check();
  }

  @Test
  void aRunThatGivesSignsLivesAndOneThatWasKilledDoesNot() throws Exception {
    Path killed = folder.resolve("killed");
    Path signing = folder.resolve("signing");
    RunClaim.of(killed.toUri().toString(), CONF, "job", "a").take();
    RunClaim lives = RunClaim.of(signing.toUri().toString(), CONF, "job", "b");
    lives.take();
    List<String> both = List.of(killed.toUri().toString(), signing.toUri().toString());
    try (AutoCloseable signs = lives.signing()) {
      assertThat(RunClaim.alive(both, CONF)).containsExactly(both.get(1));
    }
  }

  @Test
  void aFolderThatIsNotThereHasNoRun() throws Exception {
    assertThat(RunClaim.alive(List.of(folder.resolve("no").toUri().toString()), CONF)).isEmpty();
  }

  @Test
  void otherFilesAreNoClaims() throws Exception {
    Files.createDirectories(folder.resolve("runs"));
    Files.writeString(folder.resolve("runs/9999999999999_x"), "");
    of("a").take();
    assertThatCode(() -> of("a").check()).doesNotThrowAnyException();
  }
}
