import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A job without an end, which counts slowly. */
public final class Counting {
  public static void main(String[] args) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.fromSequence(1, Long.MAX_VALUE)
        .map(
            number -> {
              Thread.sleep(1);
              return number;
            })
        .returns(Long.class)
        .sinkTo(new DiscardingSink<>());
    env.execute("counting");
  }
}
