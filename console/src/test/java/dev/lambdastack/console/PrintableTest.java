package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.views.InvalidInputException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** A stranger's text forges no row and steers no terminal, whatever shows it. */
class PrintableTest {
  private static final String HOSTILE =
      "a\n2026  forged\r\u001b[2J\u0007\u0000\t\u007f\u0085\u009b31m\u200b\u200f\u2028\u2029\u202a"
          + "\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ud800z\udb40\udc41";

  private static String print(Format format, String text) {
    StringWriter out = new StringWriter();
    Listing listing = new Listing(List.of("key", "n"));
    listing.add(List.of(text, 1L));
    listing.print(format, new PrintWriter(out));
    return out.toString();
  }

  private static void assertSeen(String shown) {
    String text = shown.replace("\r\n", "").replace("\n", "");
    assertThat(text.codePoints())
        .allSatisfy(
            c ->
                assertThat(Character.getType(c))
                    .as("U+%04X", c)
                    .isNotIn(
                        (int) Character.CONTROL,
                        (int) Character.FORMAT,
                        (int) Character.LINE_SEPARATOR,
                        (int) Character.PARAGRAPH_SEPARATOR));
  }

  @Test
  void aTableHasALineForEachRowWhateverItsCellsHold() {
    String table = print(Format.TABLE, HOSTILE);
    assertSeen(table);
    assertThat(table.lines()).hasSize(3);
    assertThat(table)
        .contains("a\\n2026  forged\\r\\u001b[2J\\u0007\\u0000\\t\\u007f\\u0085\\u009b31m\\u200b")
        .contains("\\u202e", "\\u2066", "\\ufeff", "\\ud800z", "\\udb40\\udc41");
  }

  @Test
  void aTableKeepsWidthsByWhatIsShown() {
    StringWriter out = new StringWriter();
    TextTable table = new TextTable(List.of("key", "n"));
    table.add(List.of("\u001b", 1L));
    table.add(List.of("123456", 2L));
    table.print(new PrintWriter(out, true));
    assertThat(out.toString().lines())
        .containsExactly("key     n", "------  -", "\\u001b  1", "123456  2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "Łódź", "ﷺ", "日本", "👩", "é", "a\u00a0b", "\\n", "ñ'\"%$"})
  void whatIsPrintableStays(String text) {
    assertThat(Printable.line(text)).isEqualTo(text);
  }

  @Test
  void jsonIsValidAndExactAndShowsNothingHidden() throws Exception {
    String hostile = HOSTILE.replace("\ud800", "").replace("\udb40\udc41", "");
    String json = print(Format.JSON, hostile);
    assertSeen(json);
    assertThat(new ObjectMapper().readTree(json).get(0).get("key").asText()).isEqualTo(hostile);
    assertThat(print(Format.JSON, "Łódź 👩")).contains("\"Łódź 👩\"");
  }

  @Test
  void csvIsExactBetweenItsQuotes() {
    assertThat(print(Format.CSV, HOSTILE)).isEqualTo("key,n\r\n\"" + HOSTILE + "\",1\r\n");
    for (char c : "\n\r\u0085\u2028\u001b\u202e".toCharArray()) {
      assertThat(print(Format.CSV, "a" + c)).contains("\"a" + c + "\",1\r\n");
    }
  }

  @Command(name = "refusing")
  private static final class Refusing implements Callable<Integer> {
    @CommandLine.Parameters private String view;

    @Override
    public Integer call() {
      throw new InvalidInputException("No view '%s'; there are none".formatted(view));
    }
  }

  @Test
  void aMessageThatQuotesIsOneLine() {
    for (String[] args : new String[][] {{HOSTILE}, {"a", HOSTILE}, {"a", "--" + HOSTILE}}) {
      StringWriter err = new StringWriter();
      int code =
          CommandRunner.run(
              new CommandLine(new Refusing())
                  .setOut(new PrintWriter(new StringWriter()))
                  .setErr(new PrintWriter(err, true)),
              args);
      assertThat(code).isEqualTo(2);
      assertThat(err.toString().lines()).hasSize(1);
      assertSeen(err.toString());
      assertThat(err.toString()).contains("\\u001b[2J");
    }
  }
}
