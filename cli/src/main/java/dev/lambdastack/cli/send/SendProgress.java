package dev.lambdastack.cli.send;

import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** A bar on stderr while a person watches; nothing otherwise. */
final class SendProgress implements AutoCloseable {
  private final Optional<ProgressBar> bar;

  /**
   * @param events how many there will be; 0 for unknown, which shows nothing
   */
  SendProgress(String topic, long events) {
    // Java has a console only when nobody redirected input or output.
    bar =
        events == 0 || System.console() == null
            ? Optional.empty()
            : Optional.of(
                new ProgressBarBuilder()
                    .setTaskName(topic)
                    .setInitialMax(events)
                    .setUpdateIntervalMillis(250)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err))
                    .clearDisplayOnFinish()
                    .build());
  }

  void step() {
    bar.ifPresent(ProgressBar::step);
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
