package dev.lambdastack.benchmarks;

import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

/** The text of values by which what engines see is compared with what was sent: a row a line. */
final class EngineText {
  private EngineText() {}

  static String quoted(String text) {
    return '"'
        + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r")
        + '"';
  }

  static String hex(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }

  /** Fields of a record, or entries of a map, by name. */
  static String struct(Map<String, String> sorted) {
    return sorted.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
