import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.collection.JavaConverters;

/**
 * Spark SQL over tables of a catalog, asked line by line: {@code <answer file> <statement>}. The
 * answer's first line has the columns' types, each other one a row, both by name. Its arguments are
 * the options of {@code spark-sql --conf}.
 */
public final class SparkTablePeer {
  public static void main(String[] options) throws Exception {
    SparkSession.Builder builder =
        SparkSession.builder()
            .appName("peer")
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            // A local executor gets no second offer of a task that waits for a host nearer to its file.
            .config("spark.locality.wait", "0s")
            // Statements are small.
            .config("spark.sql.adaptive.enabled", "false")
            // How values come to Java; what statements mean is not changed.
            .config("spark.sql.datetime.java8API.enabled", "true");
    for (String option : options) {
      builder.config(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
    }
    SparkSession spark = builder.getOrCreate();
    spark.sparkContext().setLogLevel("ERROR");

    System.out.println("@ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", 2);
      try {
        long started = System.nanoTime();
        Dataset<Row> rows = spark.sql(words[1]);
        List<String> lines = new ArrayList<>();
        lines.add(type(rows.schema()));
        rows.collectAsList().forEach(row -> lines.add(text(row)));
        Files.write(Path.of(words[0]), lines);
        System.out.printf("@done %.3f %d%n", (System.nanoTime() - started) / 1e9, lines.size() - 1);
      } catch (Exception e) {
        // Standard error is the log of a peer.
        e.printStackTrace();
        System.out.println("@failed " + e.toString().lines().findFirst().orElse(""));
      }
    }
    spark.stop();
  }

  private static String type(DataType type) {
    if (type instanceof StructType struct) {
      Map<String, String> fields = new TreeMap<>();
      for (StructField field : struct.fields()) {
        fields.put(field.name(), type(field.dataType()));
      }
      return fields.entrySet().stream()
          .map(e -> e.getKey() + ":" + e.getValue())
          .collect(Collectors.joining(",", "struct<", ">"));
    }
    if (type instanceof ArrayType array) {
      return "array<" + type(array.elementType()) + ">";
    }
    if (type instanceof MapType map) {
      return "map<" + type(map.keyType()) + "," + type(map.valueType()) + ">";
    }
    return type.simpleString();
  }

  private static String text(Object value) {
    if (value instanceof Row row) {
      Map<String, String> fields = new TreeMap<>();
      for (int i = 0; i < row.size(); i++) {
        fields.put(row.schema().fields()[i].name(), text(row.get(i)));
      }
      return struct(fields);
    }
    if (value instanceof scala.collection.Seq<?> items) {
      return JavaConverters.seqAsJavaList(items).stream().map(SparkTablePeer::text).toList().toString();
    }
    if (value instanceof scala.collection.Map<?, ?> map) {
      Map<String, String> entries = new TreeMap<>();
      JavaConverters.mapAsJavaMap(map).forEach((k, v) -> entries.put(text(k), text(v)));
      return struct(entries);
    }
    if (value instanceof byte[] bytes) {
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return value instanceof String text
        ? '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r") + '"'
        : String.valueOf(value);
  }

  private static String struct(Map<String, String> sorted) {
    return sorted.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
