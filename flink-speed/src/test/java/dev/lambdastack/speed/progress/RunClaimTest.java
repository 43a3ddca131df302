package dev.lambdastack.speed.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.LostRaceException;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunClaimTest {
  private static final Configuration CONF = new Configuration(false);

  @TempDir Path folder;

  private RunClaim of(String run) {
    return RunClaim.of(uri(folder), CONF, "speed job of topic orders", run);
  }

  private static String uri(Path job) {
    return job.toUri().toString();
  }

  private static RunClaim.Found find(Path job) throws Exception {
    return RunClaim.find(List.of(uri(job)), CONF);
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
        .isInstanceOf(LostRaceException.class)
        .hasMessage(
            "Another speed job of topic orders has gone on in place of this one (run a, ours is b); this one stops");
    assertThatThrownBy(() -> of("b").takeOver()).isInstanceOf(LostRaceException.class);
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
        .isInstanceOf(LostRaceException.class)
        .hasMessageStartingWith(
            "This speed job of topic orders was ended, or its folder was deleted: nothing claims it in ");
    long start = System.nanoTime();
    assertThat(find(folder).alive()).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    of("b").take();
    of("a").release();
    of("b").check();
  }

  @Test
  void ofTwoStartsAtOnceTheFirstGoesOn() throws Exception {
    of("a").takeFrom(Set.of());
    assertThatThrownBy(() -> of("b").takeFrom(Set.of()))
        .isInstanceOf(LostRaceException.class)
        .hasMessageStartingWith(
            "Cannot start the speed job of topic orders: another start came first (its claim is in ");
    of("a").check();
    of("a", 3).takeOver();
    assertThatThrownBy(() -> of("b").takeFrom(Set.of())).isInstanceOf(LostRaceException.class);
    of("a").release();
    of("b").takeFrom(Set.of());
    of("b").check();
  }

  /** The file system stood still for longer than a start waits, and those that live as well. */
  @Test
  void whatHadToWaitForTheFileSystemHasTimeForItsSignAfterwards() throws Exception {
    Configuration slow = new Configuration(CONF);
    slow.setClass("fs.file.impl", StandingStill.class, FileSystem.class);
    slow.setBoolean("fs.file.impl.disable.cache", true);
    of("a").take();
    StandingStill.looks.set(0);
    AtomicReference<AutoCloseable> signs = new AtomicReference<>();
    StandingStill.afterwards = () -> signs.set(of("a").signing());
    try {
      assertThat(RunClaim.find(List.of(uri(folder)), slow).alive()).hasSize(1);
    } finally {
      signs.get().close();
    }
  }

  /** As when a whole machine is suspended between two looks: nobody on it gave a sign. */
  @Test
  void afterTheLookItselfStoodStillThereIsTimeForASign() throws Exception {
    of("a").take();
    RunClaim.Time suspended =
        new RunClaim.Time() {
          private int pauses;

          @Override
          public long nanos() {
            return pauses == 0 ? 0 : Duration.ofHours(1).toNanos();
          }

          @Override
          public void pause() {
            if (++pauses == 2) {
              sign();
            }
          }
        };
    assertThat(RunClaim.find(List.of(uri(folder)), CONF, suspended).alive()).hasSize(1);
  }

  private void sign() {
    // Not its checksum, which lies beside it.
    File claim = folder.resolve("runs").toFile().listFiles((f, name) -> name.endsWith("_a_-1"))[0];
    assertThat(claim.setLastModified(claim.lastModified() + 1000)).isTrue();
  }

  /** The local one, whose second listing takes its time. */
  public static final class StandingStill extends LocalFileSystem {
    static final AtomicInteger looks = new AtomicInteger();
    static volatile Runnable afterwards;

    @Override
    public FileStatus[] listStatus(org.apache.hadoop.fs.Path path) throws IOException {
      FileStatus[] found = super.listStatus(path);
      if (looks.incrementAndGet() == 2) {
        try {
          // No condition to wait for: longer than a start waits for signs is what is tried.
          Thread.sleep(5_200);
        } catch (InterruptedException e) {
          throw new InterruptedIOException();
        }
        afterwards.run();
      }
      return found;
    }
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
      RunClaim.Found found = RunClaim.find(both, CONF);
      assertThat(found.alive()).containsExactly(both.get(1));
      assertThat(found.silent()).containsOnlyKeys(both.get(0));
      RunClaim next = RunClaim.of(both.get(0), CONF, "job", "c");
      next.takeFrom(found.silent().get(both.get(0)));
      next.check();
    }
  }

  @Test
  void aFolderThatIsNotThereHasNoRun() throws Exception {
    Path no = folder.resolve("no");
    assertThat(find(no)).isEqualTo(new RunClaim.Found(Set.of(), Map.of(uri(no), Set.of())));
  }

  @Test
  void otherFilesAreNoClaims() throws Exception {
    Files.createDirectories(folder.resolve("runs"));
    Files.writeString(folder.resolve("runs/9999999999999_x"), "");
    of("a").take();
    assertThatCode(() -> of("a").check()).doesNotThrowAnyException();
  }
}
