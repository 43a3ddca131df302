package dev.lambdastack.console;

import java.util.concurrent.locks.LockSupport;

/**
 * Work that goes on until a person ends it with Ctrl-C, or a supervisor with kill. At the signal
 * {@code end} runs in a thread of its own, and the process goes when it has run:
 *
 * <pre>{@code
 * try (UntilCtrlC signal = UntilCtrlC.thenRun(job::cancel)) {
 *   out.println("Runs until Ctrl-C.");
 *   job.awaitEnd();
 * }
 * }</pre>
 *
 * <p>The exit code is that of the signal, 130 or 143, unless {@code end} halts the JVM with
 * another. {@code end} must not wait for the thread that closes this.
 */
public final class UntilCtrlC implements AutoCloseable {
  private final Thread hook;

  private UntilCtrlC(Thread hook) {
    this.hook = hook;
  }

  /** From now on a signal runs it. To be called before a person is told that Ctrl-C ends it. */
  public static UntilCtrlC thenRun(Runnable end) {
    Thread hook = new Thread(end, "lambda-until-ctrl-c");
    Runtime.getRuntime().addShutdownHook(hook);
    return new UntilCtrlC(hook);
  }

  /**
   * From now on a signal runs nothing. Where one has come already, this does not return: the caller
   * does nothing more beside {@code end}, and the process goes when that has run.
   */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException signalled) {
      awaitTheEndOfTheProcess();
    }
  }

  private static void awaitTheEndOfTheProcess() {
    while (true) {
      LockSupport.park();
    }
  }
}
