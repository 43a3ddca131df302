package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class QuietOutputTest {
  @Test
  void mutedThreadsPrintNothingAndOthersGoOn() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    PrintStream recorder = new PrintStream(printed, true, Charset.defaultCharset());
    System.setOut(recorder);
    try {
      Thread muted = new Thread(() -> System.out.println("muted"));
      QuietOutput.without(
          Set.of(muted),
          () -> {
            System.out.println("before");
            muted.start();
            join(muted);
            System.out.println("after");
          });
      assertThat(System.out).isSameAs(recorder);
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(Charset.defaultCharset()).lines())
        .containsExactly("before", "after");
  }

  private static void join(Thread thread) throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
