package dev.lambdastack.sandbox.endtoend;

import dev.lambdastack.sandbox.Sandbox;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One sandbox for all end-to-end tests of this JVM, stopped after the last of them. */
final class SharedSandbox implements BeforeAllCallback {
  private static final String KEY = "sandbox";
  private static Sandbox sandbox;

  private record Running(Sandbox sandbox)
      implements AutoCloseable, ExtensionContext.Store.CloseableResource {
    @Override
    public void close() throws IOException {
      sandbox.close();
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    sandbox =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.create(SharedSandbox.class))
            .getOrComputeIfAbsent(KEY, k -> start(), Running.class)
            .sandbox();
  }

  private static Running start() {
    try {
      return new Running(Sandbox.start(Duration.ofSeconds(1)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Sandbox sandbox() {
    return sandbox;
  }
}
