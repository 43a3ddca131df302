package dev.lambdastack.benchmarks;

import dev.lambdastack.schemas.EventEncoder;
import io.trino.tpch.LineItem;
import io.trino.tpch.LineItemGenerator;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.generic.GenericData;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * TPC-H's line items as events of a topic, the same ones each time. A shop records its orders as
 * they come, so the order keys of a partition follow each other, and so do the event times, spread
 * evenly over a span; one in a hundred was recorded three days before it came.
 *
 * @param scaleFactor TPC-H's: 1 has 6,001,215 line items
 * @param from event time of the first
 * @param span of event time that they fill
 */
record LineItems(double scaleFactor, Instant from, Duration span) {
  private static final int PRODUCERS = 2;
  private static final int LATE_ONE_IN = 100;
  private static final Duration LATE = Duration.ofDays(3);

  /** About how many line items TPC-H has at scale 1. */
  static final long AT_SCALE_1 = 6_001_215;

  /**
   * Sends them all, partition by partition in parallel; returns when all are acknowledged.
   *
   * @param partitions of the topic; each takes an equal part of the orders
   * @return how many there are
   */
  long sendTo(Map<String, Object> producer, String topic, int partitions) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(PRODUCERS);
    try {
      List<Callable<Long>> parts = new ArrayList<>();
      for (int partition = 0; partition < partitions; partition++) {
        int part = partition;
        parts.add(() -> sendPart(producer, topic, part, partitions));
      }

      long sent = 0;
      for (Future<Long> part : threads.invokeAll(parts)) {
        sent += part.get();
      }
      return sent;
    } finally {
      threads.shutdown();
    }
  }

  private long sendPart(Map<String, Object> settings, String topic, int part, int parts)
      throws Exception {
    EventEncoder encoder = new EventEncoder(BenchmarkViews.LINE_ITEMS);
    GenericData.Record event = new GenericData.Record(BenchmarkViews.LINE_ITEMS.schema());
    AtomicReference<Exception> failure = new AtomicReference<>();
    double expected = scaleFactor * AT_SCALE_1 / parts;
    long sent = 0;

    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      Iterator<LineItem> items = new LineItemGenerator(scaleFactor, part + 1, parts).iterator();
      while (items.hasNext() && failure.get() == null) {
        fill(event, items.next(), timeOf(sent, expected));
        producer.send(
            new ProducerRecord<>(topic, part, encoder.key(event), encoder.value(event)),
            (metadata, problem) -> {
              if (problem != null) {
                failure.compareAndSet(null, problem);
              }
            });
        sent++;
      }
      producer.flush();
    }

    if (failure.get() != null) {
      throw failure.get();
    }

    return sent;
  }

  private Instant timeOf(long index, double expected) {
    Instant time = from.plusMillis((long) (span.toMillis() * Math.min(index / expected, 0.999999)));
    boolean late = index % LATE_ONE_IN == 0 && time.minus(LATE).isAfter(from);
    return late ? time.minus(LATE) : time;
  }

  private static void fill(GenericData.Record event, LineItem item, Instant time) {
    event.put("order_key", item.getOrderKey());
    event.put("part_key", item.getPartKey());
    event.put("supplier_key", item.getSupplierKey());
    event.put("quantity", BigDecimal.valueOf(item.getQuantity()).setScale(2));
    event.put("extended_price", BigDecimal.valueOf(item.getExtendedPriceInCents(), 2));
    event.put("discount", BigDecimal.valueOf(item.getDiscountPercent(), 2));
    event.put("tax", BigDecimal.valueOf(item.getTaxPercent(), 2));
    event.put("return_flag", item.getReturnFlag());
    event.put("line_status", item.getStatus());
    event.put("ship_mode", item.getShipMode());
    event.put("ship_date", item.getShipDate());
    event.put("event_time", time);
  }
}
