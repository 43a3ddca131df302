import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.atomic.LongAdder;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/**
 * Flink SQL, asked line by line: {@code <brokers> <topic> <schema file>}. Count and sum by device
 * and minute of event time: a tumbling window, which Flink SQL aggregates locally first. In this
 * process, parallelism 2, object reuse, a checkpoint each second. What comes out is added up and
 * thrown away.
 *
 * <p>Timed from the first record to the end of the job, which ends where the topic ended when it
 * began.
 */
public final class FlinkSqlPeer {
  private static final LongAdder ROWS = new LongAdder();
  private static final LongAdder EVENTS = new LongAdder();
  private static final LongAdder AMOUNT = new LongAdder();

  public static void main(String[] arguments) throws Exception {
    System.out.println("@ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        System.out.println(run(line.split(" ")));
      } catch (Exception e) {
        // Standard error is this process's log file, which the benchmark names.
        // Standard error is the log of a peer.
        e.printStackTrace();
        System.out.println("@failed " + e.toString().lines().findFirst().orElse(""));
      }
    }
    // Flink leaves threads behind that are not daemons.
    System.exit(0);
  }

  private static String run(String[] words) throws Exception {
    ROWS.reset();
    EVENTS.reset();
    AMOUNT.reset();
    SingleObjectFormat.FIRST.set(0);
    Configuration settings = new Configuration();
    settings.setString("pipeline.object-reuse", "true");
    settings.setString("execution.checkpointing.interval", "1 s");
    settings.setString("execution.checkpointing.storage", "filesystem");
    settings.setString(
        "execution.checkpointing.dir", Files.createTempDirectory("flink-sql").toUri().toString());
    settings.setString("table.local-time-zone", "UTC");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(2, settings);
    StreamTableEnvironment tables = StreamTableEnvironment.create(env);
    tables.executeSql(
        """
        create table readings (
          device string not null, site string not null, firmware string not null,
          sequence bigint not null, amount bigint not null, battery int not null,
          event_time timestamp(3) not null,
          watermark for event_time as event_time - interval '10' minute
        ) with (
          'connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s',
          'properties.isolation.level' = 'read_committed',
          'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
          'format' = 'single-object-avro')
        """
            .formatted(words[1], words[0]));
    tables
        .toDataStream(
            tables.sqlQuery(
                """
                select device, window_start, count(*) as readings, sum(amount) as amount
                from table(tumble(table readings, descriptor(event_time), interval '1' minute))
                group by device, window_start, window_end
                """))
        .sinkTo(new Adding());
    env.execute("peer");
    double seconds = (System.nanoTime() - SingleObjectFormat.FIRST.get()) / 1e9;
    return "@done %.3f %d %d %d".formatted(seconds, ROWS.sum(), EVENTS.sum(), AMOUNT.sum());
  }

  private static final class Adding implements Sink<Row> {
    private static final long serialVersionUID = 1L;

    @Override
    public SinkWriter<Row> createWriter(WriterInitContext context) {
      return new SinkWriter<>() {
        @Override
        public void write(Row row, Context ignored) {
          ROWS.increment();
          EVENTS.add((Long) row.getField(2));
          AMOUNT.add((Long) row.getField(3));
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public void close() {}
      };
    }
  }
}
