package dev.lambdastack.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Set;

/**
 * Standard output without what certain threads print to it.
 *
 * <p>A stopping HBase master lists threads that it finds in the group of its workers (HDFS
 * connections and the archiver's pool, which outlive it rightly) on standard output, past any log
 * configuration.
 */
final class QuietOutput extends OutputStream {
  private final PrintStream out;
  private final Set<Thread> muted;

  private QuietOutput(PrintStream out, Set<Thread> muted) {
    this.out = out;
    this.muted = muted;
  }

  /** Something that may fail. */
  interface Work {
    void run() throws IOException;
  }

  /**
   * Runs the work while {@code muted} cannot print; one at a time, since there is one standard
   * output.
   */
  static synchronized void without(Set<Thread> muted, Work work) throws IOException {
    PrintStream before = System.out;
    PrintStream filtered = new PrintStream(new QuietOutput(before, muted), true, charset());
    System.setOut(filtered);
    try {
      work.run();
    } finally {
      // Somebody else's stream, set meanwhile, stays.
      if (System.out == filtered) {
        System.setOut(before);
      }
    }
  }

  /** What the JVM's own standard output encodes with. */
  private static Charset charset() {
    String name = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
    return name == null ? Charset.defaultCharset() : Charset.forName(name);
  }

  @Override
  public void write(int value) {
    if (!muted.contains(Thread.currentThread())) {
      out.write(value);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (!muted.contains(Thread.currentThread())) {
      out.write(bytes, offset, length);
    }
  }

  @Override
  public void flush() {
    out.flush();
  }
}
