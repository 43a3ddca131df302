package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.views.aggregate.ColumnBatch;
import dev.lambdastack.views.handoff.Horizon;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The windows that rows behind a horizon are in. Files whose rows are all before it are not looked
 * at; of the others, the event times alone are read.
 */
final class TouchedWindows {
  /** More ranges than this are not kept apart: tasks would look up each row in a great list. */
  private static final int MOST_RANGES = 1 << 18;

  /**
   * Whose windows are looked for.
   *
   * @param base what an older version of the view holds
   * @param sequence of the archive run that ends there
   * @param window length of the view's windows
   */
  record Question(Horizon base, long sequence, Duration window) {}

  /**
   * What was found.
   *
   * @param rejected rows behind the horizon that are no events by the pinned schema
   */
  record Answer(TimeRanges windows, long rejected) {}

  private static final class Search {
    private final Horizon base;
    private final long sequence;
    private long rejected;
    private final TimeRanges.OfWindows found;

    Search(Question question) {
      base = question.base();
      sequence = question.sequence();
      found = new TimeRanges.OfWindows(question.window().toMillis(), MOST_RANGES);
    }

    /** Whether the file's own times do not tell. */
    boolean hasToRead(LiveFile file, boolean timesAreSure) {
      return switch (file.side(base, sequence)) {
        case BEFORE -> false;
        case EITHER -> true;
        case BEHIND -> {
          LiveFile.Range times = file.eventTimes();
          boolean tells = timesAreSure && found.isOne(times.min(), times.max());
          if (tells) {
            found.add(times.min());
          }
          yield !tells;
        }
      };
    }

    void add(ColumnBatch batch, RejectedRows none) {
      for (int row = 0; row < batch.size(); row++) {
        if (isBehind(batch.partitions()[row], batch.offsets()[row])) {
          found.add(batch.eventTimes()[row]);
        }
      }
      rejected += none.count(this::isBehind);
    }

    private boolean isBehind(int partition, long offset) {
      return offset >= base.offsets().getOrDefault(partition, 0L);
    }

    Answer answer() {
      return new Answer(found.ranges(), rejected);
    }
  }

  private TouchedWindows() {}

  /**
   * The answers by their questions.
   *
   * @param files opened for no column, with coordinates
   */
  static Map<Question, Answer> find(
      MasterFiles files, List<LiveFile> inputs, Projection projection, List<Question> questions)
      throws IOException {
    Map<Question, Search> searches =
        questions.stream().distinct().collect(Collectors.toMap(q -> q, Search::new));
    ColumnBatch batch = ColumnBatch.of(projection.type(), projection.columns());
    for (LiveFile input : inputs) {
      boolean timesAreSure = files.followsPin(input);
      List<Search> reading = new ArrayList<>();
      for (Search search : searches.values()) {
        if (search.hasToRead(input, timesAreSure)) {
          reading.add(search);
        }
      }
      if (!reading.isEmpty()) {
        read(files, input, batch, reading);
      }
    }

    return searches.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().answer()));
  }

  private static void read(
      MasterFiles files, LiveFile input, ColumnBatch batch, List<Search> searches)
      throws IOException {
    try (MasterFile file = files.open(FilePart.whole(input))) {
      for (Optional<RowGroup> group = file.next(); group.isPresent(); group = file.next()) {
        RowGroup rows = group.get();
        while (rows.next(batch)) {
          searches.forEach(s -> s.add(batch, rows.rejected()));
        }
      }
    }
  }
}
