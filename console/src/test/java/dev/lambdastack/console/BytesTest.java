package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BytesTest {
  @Test
  void showNothingThatMovesATerminal() {
    assertThat(Bytes.escaped("a\\b\u001b[2Jü".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("a\\\\b\\x1b[2J\\xc3\\xbc");
    assertThat(Bytes.hex(new byte[] {(byte) 0xc3, 1})).isEqualTo("c301");
  }

  @Test
  void areDumpedUpToALimit() {
    byte[] bytes = "0123456789abcdefXY".getBytes(StandardCharsets.UTF_8);
    assertThat(Bytes.dump(bytes, 256))
        .containsExactly(
            "00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
            "00000010  58 59                                            XY");
    assertThat(Bytes.dump(bytes, 3))
        .containsExactly("00000000  30 31 32                                         012");
    assertThat(Bytes.dump(new byte[0], 3)).isEmpty();
  }
}
