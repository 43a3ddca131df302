import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.avro.functions;

/**
 * Spark SQL, asked line by line: {@code query <file list> <out> <answer> <sql>} over Parquet files,
 * whose answer it writes as text besides, {@code archive <brokers> <topic> <schema file> <out>}
 * from Kafka to Parquet.
 */
public final class SparkPeer {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.master", "local[2]",
          "spark.ui.enabled", "false",
          "spark.sql.shuffle.partitions", "4",
          "spark.sql.session.timeZone", "UTC",
          "spark.sql.parquet.compression.codec", "zstd");

  public static void main(String[] arguments) throws Exception {
    SparkSession.Builder builder = SparkSession.builder().appName("peer");
    SETTINGS.forEach(builder::config);
    SparkSession spark = builder.getOrCreate();
    spark.sparkContext().setLogLevel("ERROR");
    System.out.println("@ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        long started = System.nanoTime();
        String out = line.startsWith("query ") ? query(spark, line) : archive(spark, line);
        double seconds = (System.nanoTime() - started) / 1e9;
        if (line.startsWith("query ")) {
          show(spark, out, Path.of(line.split(" ", 5)[3]));
        }
        System.out.printf("@done %.3f %d%n", seconds, spark.read().parquet(out).count());
      } catch (Exception e) {
        System.out.println("@failed " + e.toString().lines().findFirst().orElse(""));
      }
    }
    spark.stop();
  }

  private static String query(SparkSession spark, String line) throws Exception {
    String[] words = line.split(" ", 5);
    List<String> files = Files.readAllLines(Path.of(words[1]));
    spark.read().parquet(files.toArray(String[]::new)).createOrReplaceTempView("events");
    spark.sql(words[4]).write().mode(SaveMode.Overwrite).parquet(words[2]);
    return words[2];
  }

  /** Its rows as lines, values between bars: what ours is compared with. */
  private static void show(SparkSession spark, String out, Path answer) throws Exception {
    Files.write(
        answer,
        spark.read().parquet(out).collectAsList().stream().map(row -> row.mkString("|")).toList());
  }

  private static String archive(SparkSession spark, String line) throws Exception {
    String[] words = line.split(" ");
    String schema = Files.readString(Path.of(words[3]));
    Dataset<Row> records =
        spark
            .read()
            .format("kafka")
            .option("kafka.bootstrap.servers", words[1])
            .option("subscribe", words[2])
            .option("startingOffsets", "earliest")
            .option("endingOffsets", "latest")
            .option("kafka.isolation.level", "read_committed")
            .option("kafkaConsumer.pollTimeoutMs", "120000")
            .load();
    // A tick has no value; an event's begins with the ten bytes of Avro's single-object encoding.
    Dataset<Row> events =
        records
            .where("value is not null and length(value) > 10")
            .select(
                functions
                    .from_avro(
                        org.apache.spark.sql.functions.expr("substring(value, 11)"), schema)
                    .as("event"),
                org.apache.spark.sql.functions.col("partition").as("_partition"),
                org.apache.spark.sql.functions.col("offset").as("_offset"),
                org.apache.spark.sql.functions.col("timestamp").as("_append_time"))
            .selectExpr(
                "event.*", "_partition", "_offset", "_append_time", "to_date(event.event_time) event_date");
    events.write().mode(SaveMode.Overwrite).partitionBy("event_date").parquet(words[4]);
    return words[4];
  }
}
