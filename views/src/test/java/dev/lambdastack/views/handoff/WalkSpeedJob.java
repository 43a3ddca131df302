package dev.lambdastack.views.handoff;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The speed job of one declaration, in one life: positions, log time, open totals, writes under
 * way, checkpoints.
 */
final class WalkSpeedJob {
  /** A write that HBase has not seen yet. */
  record Write(WalkTable table, WalkTable.Place place, long timestamp, WalkTotal.Stored total) {
    void arrive() {
      table.put(place, timestamp, total);
    }
  }

  private record Checkpoint(
      int[] positions, long[] logTimes, Map<WalkTable.Place, WalkTotal.Stored> open) {}

  private final Random random;
  private final WalkLog log;
  private final Optional<WalkRule> broken;
  private final View view;
  private final BoundView bound;
  private final Generation generation;
  private final WalkTable table;
  private final Duration epochLength;

  private final int[] positions;
  private final LogTime[] logTimes;
  private final boolean[] stalled;
  private Map<WalkTable.Place, WalkTotal> open = new HashMap<>();
  private Set<WalkTable.Place> dirty = new HashSet<>();
  private long openFrom;
  private final List<Write> underWay = new ArrayList<>();
  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private Map<Integer, Long> holdUntil = Map.of();
  private Optional<Progress> toPublish = Optional.empty();
  private final int keepsCheckpoints;
  private boolean down;
  private int favourite;

  WalkSpeedJob(
      Random random,
      WalkLog log,
      Optional<WalkRule> broken,
      View view,
      Generation generation,
      WalkTable table,
      long startLogTime) {
    this.random = random;
    this.log = log;
    this.broken = broken;
    this.view = view;
    this.bound = view.bind(WalkDeclarations.COLUMNS);
    this.generation = generation;
    this.table = table;
    this.epochLength = generation.epochLength();
    int partitions = log.partitions();
    positions = new int[partitions];
    logTimes = new LogTime[partitions];
    stalled = new boolean[partitions];
    for (int p = 0; p < partitions; p++) {
      positions[p] = Math.toIntExact(generation.startOffsets().get(p));
      logTimes[p] = new LogTime(startLogTime);
    }
    checkpoints.add(checkpoint());
    keepsCheckpoints = random.nextBoolean() ? 2 : 20;
  }

  View view() {
    return view;
  }

  Generation generation() {
    return generation;
  }

  boolean isDown() {
    return down;
  }

  private boolean isBroken(WalkRule rule) {
    return broken.equals(Optional.of(rule));
  }

  /** Reads a few records of one partition; for a while one partition gets most of the turns. */
  void read(int atMost) {
    if (random.nextInt(20) == 0) {
      favourite = random.nextInt(positions.length);
    }
    int p = random.nextInt(4) > 0 ? favourite : random.nextInt(positions.length);
    // Kafka's retention passed the position: the source fails, it does not jump.
    down |= positions[p] < log.begin(p);
    for (int i = 0; !down && !stalled[p] && i < atMost && positions[p] < log.end(p); i++) {
      readNext(p);
    }
  }

  private void readNext(int p) {
    WalkLog.Entry entry = log.entry(p, positions[p]++);
    if (!entry.isDelivered()) {
      return;
    }
    long epoch = Epoch.numberAt(logTimes[p].advance(entry.append()), epochLength);
    if (entry.kind() == WalkLog.Kind.DATA
        && bound.accepts(entry.event().row(WalkDeclarations.COLUMNS))) {
      if (epoch >= openFrom) {
        WalkTable.Place place =
            new WalkTable.Place(view.shape().windowStart(entry.event().eventTime()), epoch);
        open.computeIfAbsent(place, x -> new WalkTotal(view.shape())).add(bound, entry.id());
        dirty.add(place);
      } else if (!isBroken(WalkRule.NO_IDLENESS)) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "a record of epoch %d came when all before %d were closed",
                epoch,
                openFrom));
      }
    }
    closeEpochs();
  }

  /** Emits and forgets the totals of epochs that end at or before the watermark. */
  private void closeEpochs() {
    long watermark = Long.MAX_VALUE;
    for (int p = 0; p < positions.length; p++) {
      boolean idle = isBroken(WalkRule.NO_IDLENESS) && (stalled[p] || positions[p] == log.end(p));
      watermark = idle ? watermark : Math.min(watermark, logTimes[p].millis());
    }
    if (watermark == Long.MAX_VALUE) {
      return;
    }
    long first = Epoch.numberAt(watermark, epochLength);
    if (first > openFrom) {
      openFrom = first;
      emit(place -> place.epoch() < first);
      open.keySet().removeIf(place -> place.epoch() < first);
    }
  }

  /** Sends the totals that changed since they were sent last. */
  void emit() {
    if (!down) {
      emit(place -> true);
    }
  }

  private void emit(Predicate<WalkTable.Place> which) {
    for (WalkTable.Place place : List.copyOf(dirty)) {
      if (which.test(place)) {
        WalkTotal total = open.get(place);
        long count = isBroken(WalkRule.COUNT_IN_TIMESTAMP) ? 0 : total.events();
        underWay.add(
            new Write(
                table,
                place,
                Cell.speedTimestamp(place.epoch(), epochLength, count),
                total.store()));
        dirty.remove(place);
      }
    }
  }

  /** Some writes arrive, in any order. */
  void deliver() {
    for (int i = random.nextInt(4); i > 0 && !underWay.isEmpty(); i--) {
      underWay.remove(random.nextInt(underWay.size())).arrive();
    }
  }

  /** Every write under way arrives. */
  void flush() {
    Collections.shuffle(underWay, random);
    underWay.forEach(Write::arrive);
    underWay.clear();
  }

  private Progress reached() {
    Map<Integer, Progress.Applied> applied = new TreeMap<>();
    for (int p = 0; p < positions.length; p++) {
      applied.put(p, new Progress.Applied(positions[p], logTimes[p].millis()));
    }
    return new Progress(applied);
  }

  private Checkpoint checkpoint() {
    Map<WalkTable.Place, WalkTotal.Stored> stored = new HashMap<>();
    open.forEach((place, total) -> stored.put(place, total.store()));
    return new Checkpoint(
        positions.clone(), Arrays.stream(logTimes).mapToLong(LogTime::millis).toArray(), stored);
  }

  /**
   * A barrier: everything dirty is emitted and durable, then the positions are the checkpoint's.
   */
  void completeCheckpoint() {
    if (down) {
      return;
    }
    emit();
    if (!isBroken(WalkRule.DURABLE_BEFORE_PROGRESS)) {
      flush();
    }
    checkpoints.add(checkpoint());
    Progress reached = reached();
    if (reached.reaches(holdUntil) || isBroken(WalkRule.HOLD_AFTER_RESTORE)) {
      toPublish = Optional.of(reached);
    }
  }

  /** The progress of the last complete checkpoint, once. */
  Optional<Progress> takeProgress() {
    Optional<Progress> progress = toPublish;
    toPublish = Optional.empty();
    return progress;
  }

  /** The job is gone; some of its writes are still under way. */
  List<Write> fail() {
    down = true;
    toPublish = Optional.empty();
    List<Write> delayed = underWay.stream().filter(w -> random.nextBoolean()).toList();
    underWay.clear();
    return delayed;
  }

  /**
   * Goes on from the last checkpoint, or from the one before it when that is lost.
   *
   * @return false when the checkpoint is behind what was published: this life is over
   */
  boolean restore(Progress published) {
    if (checkpoints.size() > 1 && random.nextInt(keepsCheckpoints) == 0) {
      checkpoints.remove(checkpoints.size() - 1);
    }
    Checkpoint from = checkpoints.get(checkpoints.size() - 1);
    for (int p = 0; p < positions.length; p++) {
      if (from.positions()[p] < log.begin(p)) {
        return false;
      }
      positions[p] = from.positions()[p];
      logTimes[p] = new LogTime(from.logTimes()[p]);
      stalled[p] = false;
    }
    underWay.clear();
    open = new HashMap<>();
    from.open().forEach((place, total) -> open.put(place, total.read(view.shape())));
    dirty = new HashSet<>();
    openFrom = 0;
    Map<Integer, Long> said = new HashMap<>();
    published.applied().forEach((p, applied) -> said.put(p, applied.offset()));
    if (!reached().reaches(said) && !isBroken(WalkRule.NO_STEP_BACK)) {
      return false;
    }
    down = false;
    holdUntil = log.ends();
    if (isBroken(WalkRule.SILENCE_AT_RESTORE)) {
      toPublish = Optional.of(reached());
    }
    closeEpochs();
    return true;
  }

  /** A partition gives nothing for a while, though it has records. */
  void stall() {
    stalled[random.nextInt(stalled.length)] = true;
  }

  void goOn() {
    Arrays.fill(stalled, false);
  }

  /**
   * The table as it will be when the job has read to the end of the log and every write has
   * arrived; the job itself goes on from where it is. Empty when it cannot get there.
   */
  Optional<WalkTable> caughtUp() {
    WalkTable copy = table.copy();
    WalkSpeedJob twin =
        new WalkSpeedJob(new Random(random.nextLong()), log, broken, view, generation, copy, 0);
    for (int p = 0; p < positions.length; p++) {
      twin.positions[p] = positions[p];
      twin.logTimes[p] = new LogTime(logTimes[p].millis());
    }
    open.forEach((place, total) -> twin.open.put(place, total.store().read(view.shape())));
    twin.dirty.addAll(dirty);
    twin.openFrom = openFrom;
    twin.down = down;
    underWay.forEach(w -> twin.underWay.add(new Write(copy, w.place(), w.timestamp(), w.total())));
    while (!twin.down && !twin.isAtEnd()) {
      twin.read(6);
    }
    twin.emit();
    twin.flush();
    return twin.down ? Optional.empty() : Optional.of(copy);
  }

  private boolean isAtEnd() {
    for (int p = 0; p < positions.length; p++) {
      if (positions[p] < log.end(p)) {
        return false;
      }
    }
    return true;
  }
}
