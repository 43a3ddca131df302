package dev.lambdastack.console;

import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Knows by its client's exceptions that a server, which had answered, does not any more. Found by
 * {@link ServiceLoader}: the console knows no server.
 */
public interface Outage {
  /**
   * What a person is told, one sentence without a full stop; empty where the fault says nothing of
   * the kind.
   */
  Optional<String> describe(Throwable fault);

  /** What the first of all that are on the class path says. */
  static Optional<String> of(Throwable fault) {
    return ServiceLoader.load(Outage.class).stream()
        .map(outage -> outage.get().describe(fault))
        .flatMap(Optional::stream)
        .findFirst();
  }
}
