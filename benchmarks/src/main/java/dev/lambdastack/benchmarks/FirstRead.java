package dev.lambdastack.benchmarks;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A source that tells when its first task was there to read: how long a job takes to start is not
 * what is measured. For one job at a time in this JVM.
 */
final class FirstRead<T, S extends SourceSplit, E> implements Source<T, S, E> {
  private static final long serialVersionUID = 1L;
  private static final AtomicLong AT = new AtomicLong();

  private final Source<T, S, E> source;

  FirstRead(Source<T, S, E> source) {
    this.source = source;
  }

  /** Forgets the job before. */
  static void reset() {
    AT.set(0);
  }

  /** By {@link System#nanoTime}. */
  static long nanos() {
    if (AT.get() == 0) {
      throw new IllegalStateException("nothing has been read");
    }
    return AT.get();
  }

  @Override
  public SourceReader<T, S> createReader(SourceReaderContext context) throws Exception {
    AT.compareAndSet(0, System.nanoTime());
    return source.createReader(context);
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SplitEnumerator<S, E> createEnumerator(SplitEnumeratorContext<S> context)
      throws Exception {
    return source.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<S, E> restoreEnumerator(SplitEnumeratorContext<S> context, E checkpoint)
      throws Exception {
    return source.restoreEnumerator(context, checkpoint);
  }

  @Override
  public SimpleVersionedSerializer<S> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<E> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }
}
