package dev.lambdastack.serving.query;

import dev.lambdastack.console.FaultTranslator;
import dev.lambdastack.serving.store.HBaseFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.util.Optional;

/** HBase's faults in the midst of a command. */
public final class HBaseFaultTranslator implements FaultTranslator {
  @Override
  public Optional<LambdaException> translate(Throwable fault) {
    Optional<IOException> gone = HBaseFault.tableGone(fault);
    if (gone.isPresent()) {
      return Optional.of(
          new InvalidInputException(
              "A table of HBase that is needed was dropped, or is disabled: %s; enable it, restore it, or recompute and publish the view"
                  .formatted(LambdaException.rootMessage(gone.get())),
              fault));
    }

    if (HBaseFault.isAway(fault)) {
      return Optional.of(
          new UnavailableException(
              "HBase does not answer any more: %s; what answered before still does, and nothing is half done that is ever read; run the command again once HBase is back"
                  .formatted(LambdaException.rootMessage(fault)),
              fault));
    }

    return Optional.empty();
  }
}
