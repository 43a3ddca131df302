package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.hbase.client.Connection;
import org.junit.jupiter.api.Test;

class ErrWithoutTracesTest {
  @Test
  void hbasesTracesAreDroppedAndWhatOthersPrintIsNot() throws Exception {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(ErrWithoutTraces.over(new PrintStream(console, true, StandardCharsets.UTF_8)));
    try {
      System.err.println("before");
      Method prints =
          Class.forName(Connection.class.getPackageName() + ".RpcRetryingCallerWithReadReplicas")
              .getDeclaredMethod("throwEnrichedException", ExecutionException.class, int.class);
      prints.setAccessible(true);
      assertThatThrownBy(
              () -> prints.invoke(null, new ExecutionException(new IOException("away")), 3))
          .hasRootCauseMessage("away");
      System.err.println("after");
    } finally {
      System.setErr(before);
    }
    assertThat(console.toString(StandardCharsets.UTF_8).lines()).containsExactly("before", "after");
  }
}
