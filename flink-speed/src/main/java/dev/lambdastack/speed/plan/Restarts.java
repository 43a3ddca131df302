package dev.lambdastack.speed.plan;

import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * After which faults a job restarts. The type of a fault decides: a refusal and a lost race end the
 * job, since another attempt would meet them again; an outage and what nobody foresees do not.
 */
public final class Restarts {
  private Restarts() {}

  /** What a task does. */
  @FunctionalInterface
  public interface Step<E extends Exception> {
    void run() throws E;
  }

  /** Whether the job ends with it. */
  public static boolean areInVain(Throwable fault) {
    return fault instanceof LambdaException && !(fault instanceof UnavailableException);
  }

  /** A fault as Flink has to be told of it. */
  public static Throwable decided(Throwable fault) {
    return areInVain(fault) ? new SuppressRestartsException(fault) : fault;
  }

  /**
   * Takes a step of a task.
   *
   * @throws SuppressRestartsException over a fault that the job ends with
   */
  public static <E extends Exception> void decide(Step<E> step) throws E {
    try {
      step.run();
    } catch (LambdaException e) {
      if (areInVain(e)) {
        throw new SuppressRestartsException(e);
      }
      throw e;
    }
  }
}
