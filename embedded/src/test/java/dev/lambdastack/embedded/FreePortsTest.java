package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FreePortsTest {
  @Test
  void portsDifferAndCanBeBound() throws Exception {
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      int port = FreePorts.next();
      ports.add(port);
      new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
    }
    assertThat(ports).doesNotHaveDuplicates().allMatch(port -> port < 32_768);
  }
}
