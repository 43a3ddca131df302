package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * The events of one task, by UTC date of their event time, in a bounded number of files and bounded
 * memory. Events wait, as the bytes that they came in, until their date is written; then they are
 * sorted by event time. When memory is short the greatest date goes first, so the busiest dates get
 * the files of their own and the rest share the mixed one. A date that was written in several
 * portions is sorted within each. Not thread-safe.
 */
final class EventFiles {
  /** What an event takes beside its bytes, about. */
  private static final int OVERHEAD_BYTES = 100;

  private record Waiting(byte[] value, long offset, long appendTime, long eventTime) {
    long sizeBytes() {
      return (long) value.length + OVERHEAD_BYTES;
    }
  }

  private static final class Day {
    private final LocalDate date;
    private List<Waiting> events = new ArrayList<>();
    private long sizeBytes;

    Day(LocalDate date) {
      this.date = date;
    }
  }

  private final TaskFolder folder;
  private final OffsetRange range;
  private final Schema schema;
  private final EventDecoder decoder;
  private final int openDates;
  private final long memoryBytes;
  private final Map<LocalDate, Day> days = new HashMap<>();
  private final Map<LocalDate, EventFile> files = new HashMap<>();
  private EventFile mixed;
  private long waitingBytes;

  /**
   * Files.
   *
   * @param schema of the files
   * @param decoder accepts all that is added; used when events are written
   * @param openDates how many dates get a file of their own
   * @param memoryBytes of events that wait
   */
  EventFiles(
      TaskFolder folder,
      OffsetRange range,
      Schema schema,
      EventDecoder decoder,
      int openDates,
      long memoryBytes) {
    this.folder = folder;
    this.range = range;
    this.schema = schema;
    this.decoder = decoder;
    this.openDates = openDates;
    this.memoryBytes = memoryBytes;
  }

  /**
   * Adds an event that the decoder accepted.
   *
   * @param value kept until it is written
   */
  void add(byte[] value, long offset, long appendTime, long eventTime) throws IOException {
    Waiting event = new Waiting(value, offset, appendTime, eventTime);
    LocalDate date = LocalDate.ofInstant(Instant.ofEpochMilli(eventTime), ZoneOffset.UTC);
    Day day = days.computeIfAbsent(date, Day::new);
    day.events.add(event);
    day.sizeBytes += event.sizeBytes();
    waitingBytes += event.sizeBytes();
    if (waitingBytes > memoryBytes) {
      for (Day greatest : byGreatest()) {
        write(greatest);
        if (waitingBytes <= memoryBytes / 2) {
          return;
        }
      }
    }
  }

  private List<Day> byGreatest() {
    return days.values().stream()
        .sorted(
            Comparator.comparingLong((Day d) -> d.sizeBytes)
                .reversed()
                .thenComparing((Day d) -> d.date))
        .toList();
  }

  private void write(Day day) throws IOException {
    EventFile file = fileOf(day.date);
    day.events.sort(
        Comparator.comparingLong(Waiting::eventTime).thenComparingLong(Waiting::offset));
    for (Waiting event : day.events) {
      if (!(decoder.decode(event.value, range.partition(), event.offset, event.appendTime)
          instanceof DecodedEvent decoded)) {
        throw new IllegalStateException(
            "The event at partition %d offset %d decodes no longer"
                .formatted(range.partition(), event.offset));
      }
      file.write(decoded, event.value, event.offset, event.appendTime);
    }
    waitingBytes -= day.sizeBytes;
    day.sizeBytes = 0;
    day.events = new ArrayList<>();
  }

  private EventFile fileOf(LocalDate date) throws IOException {
    EventFile file = files.get(date);
    if (file != null) {
      return file;
    }
    if (files.size() < openDates) {
      EventFile own = new EventFile(folder, schema, Optional.of(date), range);
      files.put(date, own);
      return own;
    }
    if (mixed == null) {
      mixed = new EventFile(folder, schema, Optional.empty(), range);
    }
    return mixed;
  }

  /** Writes what waits and closes all files. */
  List<DataFile> finish() throws IOException {
    for (Day day : byGreatest()) {
      if (!day.events.isEmpty()) {
        write(day);
      }
    }
    List<DataFile> finished = new ArrayList<>();
    for (EventFile file : files.values()) {
      finished.add(file.finish());
    }
    if (mixed != null) {
      finished.add(mixed.finish());
    }
    finished.sort(Comparator.comparing(DataFile::path));
    return finished;
  }
}
