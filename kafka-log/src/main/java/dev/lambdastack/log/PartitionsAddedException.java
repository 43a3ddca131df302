package dev.lambdastack.log;

import dev.lambdastack.views.InvalidInputException;
import java.util.Set;
import java.util.TreeSet;

/** A topic has got more partitions than are read: a new start takes them in. */
public final class PartitionsAddedException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param read the partitions that are read
   * @param found those that the topic has
   */
  public PartitionsAddedException(String topic, Set<Integer> read, Set<Integer> found) {
    super(
        "Cannot go on with topic %s: its partitions changed meanwhile (expected %s, found %s); start again, which goes on where this ended and takes them in"
            .formatted(topic, new TreeSet<>(read), new TreeSet<>(found)));
  }
}
