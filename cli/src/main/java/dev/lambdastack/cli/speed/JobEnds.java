package dev.lambdastack.cli.speed;

import dev.lambdastack.speed.launch.RunningJob;
import dev.lambdastack.views.UnavailableException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a command ends the jobs that it has started. */
final class JobEnds {
  private static final Logger LOG = LoggerFactory.getLogger(JobEnds.class);

  private JobEnds() {}

  /** Ends them; their newest checkpoints stay, so the next start goes on from there. */
  static void end(List<? extends RunningJob> jobs) {
    for (RunningJob job : jobs) {
      try {
        job.close();
      } catch (Exception e) {
        LOG.warn("The job did not end well", e);
      }
    }
  }

  /**
   * Ends them in a process that a signal ends. The signal gives the exit code, but not of a job
   * that was failing: its supervisor should know.
   */
  static void endBySignal(List<? extends RunningJob> jobs) {
    boolean failing = jobs.stream().anyMatch(job -> job.news().failing().isPresent());
    end(jobs);
    if (failing) {
      Runtime.getRuntime().halt(UnavailableException.EXIT_CODE);
    }
  }
}
