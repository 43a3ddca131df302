package dev.lambdastack.embedded;

import java.io.IOException;
import java.util.List;

/** Closes several things even when one of them fails. */
final class Closing {
  private Closing() {}

  /** Closes what was made before {@code failure}; what goes wrong then is suppressed in it. */
  static void closeAfter(Throwable failure, AutoCloseable made) {
    try {
      made.close();
    } catch (Exception e) {
      failure.addSuppressed(e);
    }
  }

  /** Closes all in this order; the first failure is thrown, later ones are suppressed in it. */
  static void all(List<? extends AutoCloseable> parts) throws IOException {
    IOException failure = null;
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        if (failure == null) {
          failure = e instanceof IOException io ? io : new IOException(e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }

    if (failure != null) {
      throw failure;
    }
  }
}
