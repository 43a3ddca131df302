import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.duckdb.DuckDBStruct;

/**
 * DuckDB, asked line by line: {@code <answer file> <statement>}. The answer's first line has the
 * columns' types, each other one a row, both by name.
 */
public final class DuckDbPeer {
  public static void main(String[] none) throws Exception {
    try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:")) {
      System.out.println("@ready");
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ", 2);
        try (Statement statement = duckDb.createStatement()) {
          long started = System.nanoTime();
          List<String> lines = lines(statement.executeQuery(words[1]));
          Files.write(Path.of(words[0]), lines);
          System.out.printf("@done %.3f %d%n", (System.nanoTime() - started) / 1e9, lines.size() - 1);
        } catch (Exception e) {
          // Standard error is the log of a peer.
          e.printStackTrace();
          System.out.println("@failed " + e.toString().lines().findFirst().orElse(""));
        }
      }
    }
  }

  private static List<String> lines(ResultSet rows) throws Exception {
    ResultSetMetaData columns = rows.getMetaData();
    Map<String, String> types = new TreeMap<>();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      types.put(columns.getColumnName(i), columns.getColumnTypeName(i));
    }

    List<String> lines = new ArrayList<>();
    lines.add(
        types.entrySet().stream()
            .map(e -> e.getKey() + ":" + e.getValue())
            .collect(Collectors.joining(",", "struct<", ">")));
    while (rows.next()) {
      Map<String, String> row = new TreeMap<>();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        row.put(columns.getColumnName(i), text(rows.getObject(i)));
      }
      lines.add(struct(row));
    }
    return lines;
  }

  private static String text(Object value) throws Exception {
    if (value instanceof DuckDBStruct row) {
      Map<String, String> fields = new TreeMap<>();
      for (Map.Entry<String, Object> field : row.getMap().entrySet()) {
        fields.put(field.getKey(), text(field.getValue()));
      }
      return struct(fields);
    }
    if (value instanceof Array array) {
      List<String> items = new ArrayList<>();
      for (Object item : (Object[]) array.getArray()) {
        items.add(text(item));
      }
      return items.toString();
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, String> entries = new TreeMap<>();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        entries.put(text(entry.getKey()), text(entry.getValue()));
      }
      return struct(entries);
    }
    if (value instanceof Blob blob) {
      return hex(blob.getBytes(1, (int) blob.length()));
    }
    if (value instanceof byte[] bytes) {
      return hex(bytes);
    }
    if (value instanceof OffsetDateTime time) {
      return time.toInstant().toString();
    }
    if (value instanceof Timestamp time) {
      return time.toLocalDateTime().toString();
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return value instanceof String text
        ? '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r") + '"'
        : String.valueOf(value);
  }

  private static String hex(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }

  private static String struct(Map<String, String> sorted) {
    return sorted.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
