import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.avro.functions;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;

/**
 * Spark Structured Streaming, asked line by line: {@code <brokers> <topic> <schema file>}. Count and
 * sum by device and minute of event time, local[2], all that the topic has in one batch, which is its
 * fastest way. What comes out is added up and thrown away.
 *
 * <p>Timed by Spark's own figures of its batches.
 */
public final class SparkStreamingPeer {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.master", "local[2]",
          "spark.ui.enabled", "false",
          "spark.sql.shuffle.partitions", "4",
          "spark.sql.session.timeZone", "UTC");

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
        System.out.println(run(spark, line.split(" ")));
      } catch (Exception e) {
        // Standard error is this process's log file, which the benchmark names.
        // Standard error is the log of a peer.
        e.printStackTrace();
        System.out.println("@failed " + e.toString().lines().findFirst().orElse(""));
      }
    }
    spark.stop();
  }

  private static String run(SparkSession spark, String[] words) throws Exception {
    LongAdder rows = new LongAdder();
    LongAdder events = new LongAdder();
    LongAdder amount = new LongAdder();
    Dataset<Row> totals =
        spark
            .readStream()
            .format("kafka")
            .option("kafka.bootstrap.servers", words[0])
            .option("subscribe", words[1])
            .option("startingOffsets", "earliest")
            .option("kafka.isolation.level", "read_committed")
            .load()
            // A tick of the speed job's is empty.
            .where("length(value) > 0")
            .select(
                functions
                    .from_avro(
                        org.apache.spark.sql.functions.expr("substring(value, 11)"),
                        Files.readString(Path.of(words[2])))
                    .as("event"))
            .selectExpr("event.device", "event.amount", "event.event_time")
            .withWatermark("event_time", "10 minutes")
            .groupBy(
                org.apache.spark.sql.functions.window(
                    org.apache.spark.sql.functions.col("event_time"), "1 minute"),
                org.apache.spark.sql.functions.col("device"))
            .agg(
                org.apache.spark.sql.functions.expr("count(*)").as("readings"),
                org.apache.spark.sql.functions.expr("sum(amount)").as("amount"));
    StreamingQuery query =
        totals
            .writeStream()
            .outputMode("update")
            .trigger(Trigger.AvailableNow())
            .option("checkpointLocation", Files.createTempDirectory("spark").toString())
            .foreachBatch(
                (Dataset<Row> batch, Long number) -> {
                  Row sums =
                      batch
                          .selectExpr(
                              "count(*)",
                              "coalesce(sum(readings), 0)",
                              "coalesce(sum(amount), 0)")
                          .first();
                  rows.add(sums.getLong(0));
                  events.add(sums.getLong(1));
                  amount.add(sums.getLong(2));
                })
            .start();
    query.awaitTermination();
    long millis =
        Arrays.stream(query.recentProgress())
            .mapToLong(p -> p.durationMs().get("triggerExecution"))
            .sum();
    return "@done %.3f %d %d %d".formatted(millis / 1e3, rows.sum(), events.sum(), amount.sum());
  }
}
