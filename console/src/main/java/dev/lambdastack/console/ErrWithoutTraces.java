package dev.lambdastack.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;

/**
 * Standard error without what HBase's client prints there past any log: the trace of each try of a
 * scan that failed while a region server is away. Its last failure comes as an exception.
 */
final class ErrWithoutTraces extends OutputStream {
  private static final String PRINTS =
      "org.apache.hadoop.hbase.client.RpcRetryingCallerWithReadReplicas";

  private final PrintStream err;

  private ErrWithoutTraces(PrintStream err) {
    this.err = err;
  }

  static PrintStream over(PrintStream err) {
    return new PrintStream(new ErrWithoutTraces(err), true, charset());
  }

  /** What the JVM's own standard error encodes with. */
  private static Charset charset() {
    String name = System.getProperty("stderr.encoding", System.getProperty("sun.stderr.encoding"));
    return name == null ? Charset.defaultCharset() : Charset.forName(name);
  }

  private static boolean isTrace() {
    return StackWalker.getInstance()
        .walk(frames -> frames.anyMatch(frame -> frame.getClassName().equals(PRINTS)));
  }

  @Override
  public void write(int value) {
    if (!isTrace()) {
      err.write(value);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (!isTrace()) {
      err.write(bytes, offset, length);
    }
  }

  @Override
  public void flush() {
    err.flush();
  }
}
