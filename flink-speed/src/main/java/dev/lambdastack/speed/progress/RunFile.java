package dev.lambdastack.speed.progress;

import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * The file in a life's folder that names the run that goes on. Two runs of one life would read the
 * log in different orders into the same cells, and each would say of them what only holds of its
 * own: the older one stops before it says anything more.
 */
public final class RunFile {
  /** Its name in the life's folder. */
  public static final String NAME = "run";

  private final SpeedPlan plan;
  private final Path path;
  private final Configuration conf;

  /** The file of the plan's life. */
  public RunFile(SpeedPlan plan) {
    this.plan = plan;
    this.path = new Path(plan.folder(), NAME);
    this.conf = plan.settings().toConfiguration(new Configuration());
  }

  /**
   * Refuses to go on beside a newer run.
   *
   * @throws InvalidInputException when another run has started since
   */
  public void checkOurs() throws IOException {
    String found;
    try (FSDataInputStream in = path.getFileSystem(conf).open(path)) {
      found = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (!found.equals(plan.run())) {
      throw new InvalidInputException(
          "Another speed job of topic %s has gone on from our checkpoint (run %s, ours is %s); this one stops"
              .formatted(plan.topic(), found, plan.run()));
    }
  }
}
