package dev.lambdastack.settings.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;

class FileSystemFaultTest {
  private static Exception failure(String uri) {
    return catchException(
        () -> FileSystem.get(URI.create(uri), new Configuration()).listStatus(new Path(uri)));
  }

  @Test
  void whatIsNotThereOrOfNoKnownKindIsRefused() {
    assertThat(FileSystemFault.of("Cannot.", failure("file:///nowhere-at-all")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("Cannot.")
        .hasCauseInstanceOf(FileNotFoundException.class);
    assertThat(FileSystemFault.of("Cannot.", failure("no-such-scheme://host/")))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void aServerThatDoesNotAnswerIsAnOutage() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    // What Hadoop's clients wrap: the exception of a socket.
    Exception refused =
        catchException(() -> new Socket(InetAddress.getLoopbackAddress(), port).close());
    assertThat(
            FileSystemFault.of(
                "Cannot.",
                new IOException(
                    String.format(Locale.ROOT, "Call to localhost:%d failed", port), refused)))
        .isInstanceOf(UnavailableException.class);
  }
}
