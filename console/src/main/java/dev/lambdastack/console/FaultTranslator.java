package dev.lambdastack.console;

import dev.lambdastack.views.LambdaException;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Says what the fault of a server's client means to a person. Found by {@link ServiceLoader}: the
 * console knows no server.
 */
public interface FaultTranslator {
  /**
   * The same fault as a refusal or an outage, its message one sentence without a full stop; empty
   * where the fault is not of this server.
   */
  Optional<LambdaException> translate(Throwable fault);

  /** What the first of all that are on the class path says. */
  static Optional<LambdaException> of(Throwable fault) {
    return ServiceLoader.load(FaultTranslator.class).stream()
        .map(translator -> translator.get().translate(fault))
        .flatMap(Optional::stream)
        .findFirst();
  }
}
