package dev.lambdastack.cli.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LinesTest {
  private static Lines of(byte[] bytes) {
    return new Lines(new ByteArrayInputStream(bytes), "the text");
  }

  @Test
  void blankLinesAreCountedAndPassedOver() throws Exception {
    try (Lines lines = of("Łódź\r\n\n  \nb".getBytes(StandardCharsets.UTF_8))) {
      assertThat(lines.next()).isEqualTo(new Lines.Line(1, "Łódź"));
      assertThat(lines.next()).isEqualTo(new Lines.Line(4, "b"));
      assertThat(lines.next()).isNull();
    }
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstLine() throws Exception {
    try (Lines lines = of("\uFEFFa\n\uFEFFb".getBytes(StandardCharsets.UTF_8))) {
      assertThat(lines.next()).isEqualTo(new Lines.Line(1, "a"));
      assertThat(lines.next()).isEqualTo(new Lines.Line(2, "\uFEFFb"));
    }
    try (Lines lines = of("\uFEFF\nb".getBytes(StandardCharsets.UTF_8))) {
      assertThat(lines.next()).isEqualTo(new Lines.Line(2, "b"));
    }
  }

  @Test
  void anythingButUtf8IsRefused() throws Exception {
    try (Lines lines = of("Łódź".getBytes(Charset.forName("ISO-8859-2")))) {
      assertThatThrownBy(lines::next)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("the text is not UTF-8")
          .hasMessageContaining("line 1");
    }
  }
}
