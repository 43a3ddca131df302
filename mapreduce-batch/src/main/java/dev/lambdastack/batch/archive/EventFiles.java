package dev.lambdastack.batch.archive;

import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.iceberg.DataFile;

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

  private static final long DAY_MILLIS = 86_400_000;

  private record Waiting(
      byte[] value, long offset, long appendTime, long eventTime, boolean isPinned) {
    long sizeBytes() {
      return (long) value.length + OVERHEAD_BYTES;
    }
  }

  private static final class Day {
    private final long epochDay;
    private List<Waiting> events = new ArrayList<>();
    private long sizeBytes;

    Day(long epochDay) {
      this.epochDay = epochDay;
    }
  }

  private final TaskFolder folder;
  private final OffsetRange range;
  private final Schema schema;
  private final EventDecoder decoder;
  private final int openDates;
  private final long memoryBytes;
  private final Map<Long, Day> days = new HashMap<>();

  /** Of the event that came last: the next one's as a rule. */
  private Day day = new Day(Long.MIN_VALUE);

  private final Map<Long, EventFile> files = new HashMap<>();
  private EventFile mixed;
  private long waitingBytes;

  /**
   * Files.
   *
   * @param schema the pinned one
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
   * @param isPinned whether it was written with the pinned schema; offsets come in their order
   */
  void add(byte[] value, long offset, long appendTime, long eventTime, boolean isPinned)
      throws IOException {
    Waiting event = new Waiting(value, offset, appendTime, eventTime, isPinned);
    long epochDay = Math.floorDiv(eventTime, DAY_MILLIS);
    if (day.epochDay != epochDay) {
      day = days.computeIfAbsent(epochDay, Day::new);
    }

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
                .thenComparing((Day d) -> d.epochDay))
        .toList();
  }

  private void write(Day full) throws IOException {
    EventFile file = fileOf(full.epochDay);
    // Stable: events of one time stay in the order of their offsets.
    full.events.sort(Comparator.comparingLong(Waiting::eventTime));

    for (Waiting event : full.events) {
      if (event.isPinned) {
        file.writePinned(event.value, event.offset, event.appendTime);
        continue;
      }

      if (!(decoder.decode(event.value, range.partition(), event.offset, event.appendTime)
          instanceof DecodedEvent decoded)) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "The event at partition %d offset %d decodes no longer",
                range.partition(),
                event.offset));
      }

      file.write(decoded, event.value, event.offset, event.appendTime);
    }

    waitingBytes -= full.sizeBytes;
    full.sizeBytes = 0;
    full.events = new ArrayList<>();
  }

  private EventFile fileOf(long epochDay) throws IOException {
    EventFile file = files.get(epochDay);
    if (file != null) {
      return file;
    }

    if (files.size() < openDates) {
      EventFile own = file(Optional.of(LocalDate.ofEpochDay(epochDay)));
      files.put(epochDay, own);
      return own;
    }

    if (mixed == null) {
      mixed = file(Optional.empty());
    }
    return mixed;
  }

  private EventFile file(Optional<LocalDate> date) throws IOException {
    return new EventFile(folder, schema, decoder.pinnedFingerprint(), date, range);
  }

  /** Writes what waits and closes all files. */
  List<DataFile> finish() throws IOException {
    for (Day waiting : byGreatest()) {
      if (!waiting.events.isEmpty()) {
        write(waiting);
      }
    }

    List<DataFile> finished = new ArrayList<>();
    for (EventFile file : files.values()) {
      finished.add(file.finish());
    }
    if (mixed != null) {
      finished.add(mixed.finish());
    }

    finished.sort(Comparator.comparing(DataFile::location));
    return finished;
  }
}
