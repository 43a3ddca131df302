package dev.lambdastack.serving.query;

import dev.lambdastack.console.Outage;
import dev.lambdastack.serving.store.HBaseFault;
import dev.lambdastack.views.LambdaException;
import java.util.Optional;

/** HBase, in the midst of a command. */
public final class HBaseOutage implements Outage {
  @Override
  public Optional<String> describe(Throwable fault) {
    if (!HBaseFault.isAway(fault)) {
      return Optional.empty();
    }

    return Optional.of(
        "HBase does not answer any more: %s; what answered before still does, and nothing is half done that is ever read; run the command again once HBase is back"
            .formatted(LambdaException.rootMessage(fault)));
  }
}
