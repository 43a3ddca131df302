package dev.lambdastack.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of the loopback interface that nobody listens on.
 *
 * <p>They are taken from below the kernel's range for outgoing connections (32768 on Linux): a
 * server that is stopped and started again must find its port free, and no connection may have been
 * given it meanwhile. No port is handed out twice in one JVM. Another process may still take one
 * before it is bound, so callers retry with others.
 */
final class FreePorts {
  private static final int FROM = 15_000;
  private static final int TO = 32_000;
  private static final int TRIES = 1_000;
  private static final Set<Integer> HANDED_OUT = new HashSet<>();

  private FreePorts() {}

  static synchronized int next() throws IOException {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FROM, TO);
      if (!HANDED_OUT.contains(port) && isFree(port)) {
        HANDED_OUT.add(port);
        return port;
      }
    }
    throw new IOException(
        "Cannot find a free port between " + FROM + " and " + TO + ": " + TRIES + " tries");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
