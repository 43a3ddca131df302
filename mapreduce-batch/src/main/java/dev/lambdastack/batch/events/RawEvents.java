package dev.lambdastack.batch.events;

import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.EventRecords;
import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.log.LogClients;
import dev.lambdastack.log.Tick;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaEdits;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.Views;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.LostOffsets;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the events of a topic, each once: from the master dataset those before its horizon, from
 * the log those from exactly there on, up to what the log had when it was asked. Nothing is
 * written.
 */
public final class RawEvents {
  private static final Duration POLL = Duration.ofMillis(100);

  /** Where no snapshot is known that holds what is taken, and no more. */
  private static final long NO_SEQUENCE = -1;

  /** Is given events one by one. */
  @FunctionalInterface
  public interface Visitor {
    /** Takes an event; false where no more are wanted. */
    boolean visit(RawEvent event) throws IOException;
  }

  /**
   * What was read.
   *
   * @param archived events that were read from the master dataset
   * @param inLog events that were read from the log
   * @param horizon of the master dataset; empty before the first archive run
   * @param whole every event that the log took before is there, but for those below
   * @param lost offsets whose records retention had removed before they were archived or read
   * @param open partitions with a transaction that is open, or with records that not all replicas
   *     have: what it holds back is missing
   * @param notEvents records of the log that are no events
   */
  public record Answer(
      long archived,
      long inLog,
      Optional<Horizon> horizon,
      Instant whole,
      LostOffsets lost,
      Set<Integer> open,
      long notEvents) {}

  private final LambdaConfig config;
  private final Views views;
  private final SchemaStore schemas;
  private final Clock clock;

  public RawEvents(LambdaConfig config, Views views, SchemaStore schemas, Clock clock) {
    this.config = config;
    this.views = views;
    this.schemas = schemas;
    this.clock = clock;
  }

  /**
   * Reads.
   *
   * @param from the earliest event time, inclusive
   * @param to the latest, exclusive
   * @throws InvalidInputException when no view reads the topic, or it was made again since it was
   *     archived
   * @throws UnavailableException when HDFS or Kafka does not answer
   */
  public Answer read(String topic, Instant from, Instant to, Visitor visitor) throws IOException {
    EventType type = views.eventType(topic);
    MasterTable table = MasterTable.open(config, topic);
    Optional<Contents> contents = table.contents();
    contents.ifPresent(c -> SchemaEdits.checkArchived(schemas, type, c.schemas()));

    FirstContact.kafka(config);
    try (TopicLog log = TopicLog.open(config.kafka(), topic)) {
      log.checkSettings();
      contents.ifPresent(c -> checkSameTopic(c, log));
      return new Reading(type, from, to, visitor).read(table, contents, log);
    }
  }

  private static void checkSameTopic(Contents contents, TopicLog log) {
    String archived = contents.archived().topicId();
    if (!archived.equals(log.topicId())) {
      throw new InvalidInputException(
          "Cannot read events of topic %s: it was deleted and made again since it was archived (expected topic id %s, found %s)"
              .formatted(log.topic(), archived, log.topicId()));
    }
  }

  /**
   * One answer in the making: first what is archived, then the log. Where retention removes what
   * comes next, an archive run has taken it meanwhile, or it is lost.
   */
  private final class Reading {
    private final EventType type;
    private final EventDecoder decoder;
    private final String pinned;
    private final long from;
    private final long to;
    private final Visitor visitor;

    /** Of each partition the first offset that is not taken. */
    private final Map<Integer, Long> next = new TreeMap<>();

    private boolean isOver;
    private long archived;
    private long inLog;
    private long notEvents;

    Reading(EventType type, Instant from, Instant to, Visitor visitor) {
      this.type = type;
      this.decoder = new EventDecoder(schemas, type, List.of(), config.log().eventTimeMin());
      this.pinned = Fingerprints.of(type.schema());
      this.from = from.toEpochMilli();
      this.to = to.toEpochMilli();
      this.visitor = visitor;
    }

    Answer read(MasterTable table, Optional<Contents> first, TopicLog log) throws IOException {
      Optional<Contents> contents = first;
      if (contents.isPresent()) {
        read(contents.get(), Map.of());
      }

      Instant asked = clock.instant();
      Map<Integer, Long> ends = log.endOffsets();
      Map<Integer, Long> all = log.highWatermarks();
      LostOffsets lost = LostOffsets.NONE;
      log.partitions().forEach(partition -> next.putIfAbsent(partition, 0L));

      while (!isOver && !readLog(log, ends)) {
        Optional<Contents> newer = table.contents();
        if (newer.map(Contents::horizon).equals(contents.map(Contents::horizon))) {
          lost = lost.and(skip(log.beginOffsets()));
        } else {
          contents = newer;
          read(contents.orElseThrow(), ends);
        }
      }

      Map<Integer, Long> horizon = contents.map(c -> c.horizon().offsets()).orElse(Map.of());
      return new Answer(
          archived,
          inLog,
          contents.map(Contents::horizon),
          asked.minus(config.log().clockSkew()),
          contents.map(Contents::lost).orElse(LostOffsets.NONE).and(lost.from(horizon)),
          log.partitions().stream()
              .filter(p -> ends.get(p) < all.get(p))
              .collect(Collectors.toCollection(TreeSet::new)),
          notEvents);
    }

    /** Goes on where the log begins now; what lies before is returned. */
    private LostOffsets skip(Map<Integer, Long> begins) {
      LostOffsets skipped = LostOffsets.NONE;
      for (Map.Entry<Integer, Long> partition : next.entrySet()) {
        long begin = Math.max(begins.get(partition.getKey()), partition.getValue());
        skipped = skipped.with(partition.getKey(), partition.getValue(), begin);
        partition.setValue(begin);
      }
      return skipped;
    }

    /**
     * Takes what is archived from {@link #next} on.
     *
     * @param ends what the log had when it was asked: later events are not taken; any of a
     *     partition without one
     */
    private void read(Contents contents, Map<Integer, Long> ends) throws IOException {
      Horizon taken = new Horizon(0, next);
      for (LiveFile file : contents.files()) {
        boolean followsPin = file.pinned().equals(Optional.of(pinned));
        boolean isOutside = file.eventTimes().max() < from || file.eventTimes().min() >= to;
        if (isOver
            || file.timesAreSure(pinned) && isOutside
            || file.side(taken, NO_SEQUENCE) == LiveFile.Side.BEFORE) {
          continue;
        }

        try (CloseableIterable<Record> rows = file.open(config.hadoop())) {
          for (Record row : rows) {
            int partition = (Integer) row.getField(EventColumns.PARTITION);
            long offset = (Long) row.getField(EventColumns.OFFSET);
            if (!taken.holds(partition, offset)
                && offset < ends.getOrDefault(partition, Long.MAX_VALUE)) {
              take(row, partition, offset, followsPin);
            }
            if (isOver) {
              break;
            }
          }
        } catch (FileNotFoundException | NotFoundException e) {
          throw new UnavailableException(
              "The file %s of topic %s is gone: maintenance may have removed it while it was read; ask again, or look by lambda audit %s"
                  .formatted(file.path(), type.topic(), type.topic()),
              e);
        }
      }

      contents
          .horizon()
          .offsets()
          .forEach((partition, end) -> next.merge(partition, end, Math::max));
    }

    private void take(Record row, int partition, long offset, boolean followsPin)
        throws IOException {
      Instant appendTime = ((OffsetDateTime) row.getField(EventColumns.APPEND_TIME)).toInstant();
      ByteBuffer raw = (ByteBuffer) row.getField(EventColumns.RAW);

      if (followsPin || raw == null) {
        GenericRecord record = EventRecords.of(row, type.schema());
        visit(record, partition, offset, eventTime(record), appendTime, true);
      } else if (decoder.decode(bytes(raw), partition, offset, appendTime.toEpochMilli())
          instanceof DecodedEvent event) {
        visit(event.record(), partition, offset, event.eventTime(), appendTime, true);
      } else {
        notEvents++;
      }
    }

    private long eventTime(GenericRecord record) {
      Schema schema =
          EventColumns.branches(type.schema().getField(type.eventTime()).schema()).get(0);
      long time = (Long) record.get(type.eventTime());
      return schema.getLogicalType() instanceof LogicalTypes.TimestampMicros
          ? Math.floorDiv(time, 1000L)
          : time;
    }

    private void visit(
        GenericRecord record,
        int partition,
        long offset,
        long eventTime,
        Instant appendTime,
        boolean isArchived)
        throws IOException {
      if (eventTime < from || eventTime >= to) {
        return;
      }
      if (isArchived) {
        archived++;
      } else {
        inLog++;
      }
      isOver |=
          !visitor.visit(
              new RawEvent(
                  record,
                  partition,
                  offset,
                  Instant.ofEpochMilli(eventTime),
                  appendTime,
                  isArchived));
    }

    /**
     * Takes what is in the log from {@link #next} on; false where the log does not have that any
     * more.
     */
    private boolean readLog(TopicLog log, Map<Integer, Long> ends) throws IOException {
      Map<Integer, Long> begins = log.beginOffsets();
      if (next.entrySet().stream().anyMatch(e -> begins.get(e.getKey()) > e.getValue())) {
        return false;
      }

      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(LogClients.consumer(config.kafka()))) {
        Set<TopicPartition> left = new HashSet<>();
        next.forEach(
            (partition, offset) -> {
              if (offset < ends.get(partition)) {
                left.add(new TopicPartition(log.topic(), partition));
              }
            });
        consumer.assign(left);
        left.forEach(p -> consumer.seek(p, next.get(p.partition())));

        long deadline = System.nanoTime() + config.kafka().timeout().toNanos();
        while (!left.isEmpty() && !isOver) {
          int before = left.size();
          boolean moved = false;
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            moved = true;
            if (!isOver && record.offset() < ends.get(record.partition())) {
              take(record);
            }
          }

          left.forEach(p -> next.put(p.partition(), consumer.position(p)));
          left.removeIf(p -> next.get(p.partition()) >= ends.get(p.partition()));
          if (left.size() < before) {
            consumer.assign(left);
            moved = true;
          }
          if (moved) {
            deadline = System.nanoTime() + config.kafka().timeout().toNanos();
          } else if (System.nanoTime() - deadline > 0) {
            throw new UnavailableException(
                String.format(
                    Locale.ROOT,
                    "Kafka delivers nothing of %s within %d ms",
                    left,
                    config.kafka().timeout().toMillis()));
          }
        }
        return true;
      } catch (OffsetOutOfRangeException e) {
        return false;
      }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) throws IOException {
      if (Tick.isTick(record.headers())) {
        return;
      }

      long appendTime = TopicLog.appendTime(record);
      if (decoder.decode(record.value(), record.partition(), record.offset(), appendTime)
          instanceof DecodedEvent event) {
        visit(
            event.record(),
            record.partition(),
            record.offset(),
            event.eventTime(),
            Instant.ofEpochMilli(appendTime),
            false);
      } else {
        notEvents++;
      }
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
