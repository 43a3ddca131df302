package dev.lambdastack.settings.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  private static final Path LOG = Path.of("target", "test.log");

  @Test
  void itGoesOnAfterASignThatFailsAndSaysSo() throws Exception {
    String whose = "a run " + UUID.randomUUID();
    CountDownLatch signs = new CountDownLatch(4);
    try (Heartbeat heartbeat =
        Heartbeat.start(
            whose,
            Duration.ofMillis(1),
            () -> {
              signs.countDown();
              if (signs.getCount() == 3) {
                throw new IOException("no answer");
              }
              if (signs.getCount() == 2) {
                throw new IllegalStateException("the client is closed");
              }
            })) {
      assertThat(signs.await(60, TimeUnit.SECONDS)).as("signs after a failure").isTrue();
    }
    assertThat(Files.readString(LOG))
        .contains(
            "Cannot give a sign of life of %s, trying again".formatted(whose),
            "java.io.IOException: no answer",
            "java.lang.IllegalStateException: the client is closed");
  }
}
