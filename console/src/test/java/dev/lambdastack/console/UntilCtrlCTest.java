package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A signal comes to a process of its own, as from a person. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class UntilCtrlCTest {
  private static final int SIGTERM = 128 + 15;

  /** What the child process runs. */
  static final class Child {
    private static final CountDownLatch STOPPED = new CountDownLatch(1);

    public static void main(String[] args) throws Exception {
      try (UntilCtrlC signal = UntilCtrlC.thenRun(Child::end)) {
        switch (args[0]) {
          case "works" -> {
            System.out.println("works");
            STOPPED.await();
          }
          case "has ended" -> System.out.println("worked");
          default -> throw new IllegalArgumentException(args[0]);
        }
      }

      System.out.println("left");
      if (System.in.read() >= 0) {
        // The parent has nothing to say: it keeps this process until the signal.
        throw new IllegalStateException();
      }
    }

    /** Lets the main thread go on as far as it can before it has ended itself. */
    private static void end() {
      System.out.println("ending");
      STOPPED.countDown();
      Thread main =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("main"))
              .findFirst()
              .orElseThrow();
      while (!isIn(main, UntilCtrlC.class) && !isIn(main, FileInputStream.class)) {
        Thread.onSpinWait();
      }
      System.out.println("ended");
    }

    private static boolean isIn(Thread thread, Class<?> type) {
      return List.of(thread.getStackTrace()).stream()
          .anyMatch(frame -> frame.getClassName().equals(type.getName()));
    }
  }

  private static Process start(String what) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Child.class.getName(),
            what)
        .redirectErrorStream(true)
        .start();
  }

  private static BufferedReader output(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  @Test
  void aSignalRunsTheEndWholeAndTheWorkWaitsForIt() throws Exception {
    Process process = start("works");
    try (BufferedReader out = output(process)) {
      assertThat(out.readLine()).isEqualTo("works");

      process.toHandle().destroy();

      assertThat(out.lines()).containsExactly("ending", "ended");
      assertThat(process.waitFor()).isEqualTo(SIGTERM);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aSignalAfterTheWorkRunsNothing() throws Exception {
    Process process = start("has ended");
    try (BufferedReader out = output(process)) {
      assertThat(out.readLine()).isEqualTo("worked");
      assertThat(out.readLine()).isEqualTo("left");

      process.toHandle().destroy();

      assertThat(out.lines()).isEmpty();
      assertThat(process.waitFor()).isEqualTo(SIGTERM);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void workThatEndsByItselfRunsNothing() throws Exception {
    Process process = start("has ended");
    try (BufferedReader out = output(process)) {
      process.getOutputStream().close();

      assertThat(out.lines()).containsExactly("worked", "left");
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
