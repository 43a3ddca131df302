package dev.lambdastack.benchmarks;

import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.LambdaClient;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;

/**
 * An open-loop load: sends readings on schedule, however slow the system answers, and measures when
 * a client can read them. So a stall counts for every event that it delays (no coordinated
 * omission).
 *
 * <p>One device in twenty is sampled. A partition holds its readings in order: an answer that
 * counts n of them holds the first n. All devices send at the same rate.
 */
final class OpenLoop implements AutoCloseable {
  /** One in so many devices is sampled. */
  static final int FOLLOWED_ONE_IN = 20;

  private static final long SLICE_NANOS = 1_000_000;

  /**
   * Polling interval of the reader. Without a pause the reader would be the bottleneck; latencies
   * include the pause.
   */
  private static final long SWEEP_NANOS = 50_000_000;

  private static final Duration READABLE_LIMIT = Duration.ofMinutes(2);

  private final KafkaProducer<byte[], byte[]> producer;
  private final Readings readings = new Readings(Readings.LIVE);
  private final LambdaClient client;
  private final Followed[] followed = new Followed[Readings.DEVICES / FOLLOWED_ONE_IN];
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final Instant from = Instant.now().truncatedTo(ChronoUnit.MINUTES);
  private long sequence;

  /** When the readings of one device were due. Written by the sender, read by the reader. */
  private static final class Followed {
    private final int device;
    private volatile long[] due = new long[1 << 12];
    private volatile int sent;
    private int readable;

    Followed(int device) {
      this.device = device;
    }

    void sending(long nanos) {
      int at = sent;
      if (at == due.length) {
        due = Arrays.copyOf(due, at * 2);
      }

      // The volatile count is written last: a reader that sees it sees the time too.
      due[at] = nanos;
      sent = at + 1;
    }
  }

  /**
   * The measurement at one rate.
   *
   * @param all latencies of the sampled events after the warm-up
   * @param later those of the second half
   * @param drainSeconds from the last event until all are readable
   */
  record Result(Latencies all, Latencies later, double drainSeconds) {}

  OpenLoop(Map<String, Object> producer, LambdaClient client) {
    this.producer = new KafkaProducer<>(producer);
    this.client = client;

    for (int i = 0; i < followed.length; i++) {
      followed[i] = new Followed(i * FOLLOWED_ONE_IN + i % Readings.PARTITIONS);
    }
  }

  /**
   * Sends at a fixed rate and returns when every sampled event was read.
   *
   * @param warmUp how long events are sent before the measurement begins
   * @param counted how long events are sent and measured
   */
  Result run(int perSecond, Duration warmUp, Duration counted) throws Exception {
    long start = System.nanoTime();
    long countFrom = start + warmUp.toNanos();
    long middle = countFrom + counted.toNanos() / 2;
    long end = countFrom + counted.toNanos();

    CompletableFuture<Void> sending = new CompletableFuture<>();
    Thread sender =
        new Thread(
            () -> {
              try {
                send(start, end, perSecond);
                sending.complete(null);
              } catch (Exception e) {
                sending.completeExceptionally(e);
              }
            },
            "meters");
    sender.setDaemon(true);
    sender.start();

    Latencies all = new Latencies();
    Latencies later = new Latencies();
    while (true) {
      boolean sent = sending.isDone();
      boolean allRead = true;
      long next = System.nanoTime() + SWEEP_NANOS;
      for (Followed device : followed) {
        allRead &= read(device, countFrom, middle, all, later);
      }

      if (sent && allRead) {
        sending.get();
        return new Result(all, later, (System.nanoTime() - end) / 1e9);
      }
      if (System.nanoTime() - end > READABLE_LIMIT.toNanos()) {
        throw new WrongAnswerException(
            String.format(
                Locale.ROOT,
                "Some readings cannot be read %d s after the last was sent",
                READABLE_LIMIT.toSeconds()));
      }

      while (System.nanoTime() < next) {
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }
  }

  /** Whether all that was sent before the read is readable. */
  private boolean read(Followed device, long countFrom, long middle, Latencies all, Latencies later)
      throws Exception {
    int sent = device.sent;
    if (sent == device.readable) {
      return true;
    }

    long count = 0;
    for (MergedRow row :
        client
            .query(
                Readings.view(Readings.LIVE),
                List.of(Readings.device(device.device)),
                from,
                Instant.now().plus(1, ChronoUnit.HOURS))
            .rows()) {
      count += (Long) row.value("readings");
    }
    long now = System.nanoTime();

    if (count < device.readable || count > device.sent) {
      throw new WrongAnswerException(
          String.format(
              Locale.ROOT,
              "The answer counts %,d readings of %s (expected at least %,d, which an earlier answer counted, and at most %,d, which were sent)",
              count,
              Readings.device(device.device),
              device.readable,
              device.sent));
    }

    long[] due = device.due;
    for (int i = device.readable; i < count; i++) {
      if (due[i] >= countFrom) {
        all.add(now - due[i]);
        if (due[i] >= middle) {
          later.add(now - due[i]);
        }
      }
    }
    device.readable = (int) count;
    return count >= sent;
  }

  private void send(long start, long end, int perSecond) throws Exception {
    for (long i = 0; ; i++) {
      long due = start + (long) (i * 1e9 / perSecond);
      if (due >= end) {
        break;
      }

      while (due > System.nanoTime()) {
        LockSupport.parkNanos(SLICE_NANOS);
      }
      if (failure.get() != null) {
        throw failure.get();
      }

      int device = (int) (Readings.mix(sequence) % Readings.DEVICES);
      Followed follow = followed[device / FOLLOWED_ONE_IN];
      if (follow.device == device) {
        follow.sending(due);
      }

      producer.send(
          readings.record(Readings.LIVE, device, sequence, sequence % 100, Instant.now()),
          (metadata, problem) -> {
            if (problem != null) {
              failure.compareAndSet(null, problem);
            }
          });
      sequence++;
    }

    producer.flush();
    if (failure.get() != null) {
      throw failure.get();
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
