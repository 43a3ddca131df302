package dev.lambdastack.views.handoff;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.View;
import dev.lambdastack.views.ViewShape;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Everything that happens to one view: producers, archive, recompute, publish, roll-back, speed
 * jobs with their checkpoints and failures, retention, and readers.
 */
final class WalkWorld {
  static final Duration EPOCH = Duration.ofMillis(10);
  static final Duration RETENTION = Duration.ofMillis(300);
  static final int SKEW = 6;
  private static final int KEPT_VERSIONS = 4;

  /** A batch version with its table. */
  private record Batch(Version version, Map<Long, WalkTotal.Stored> table) {}

  /** A flip that was decided and is not yet written. */
  private record Decided(Optional<PublishedRow> before, PublishedRow after) {}

  private final Random random;
  private final Optional<WalkRule> broken;
  private final WalkCounts counts;
  private final WalkLog log;
  private final WalkStore store = new WalkStore();
  private final TreeMap<Long, Batch> batches = new TreeMap<>();
  private final TreeSet<Long> published = new TreeSet<>();
  private final Map<Long, WalkTable> tables = new HashMap<>();
  private final List<WalkSpeedJob> jobs = new ArrayList<>();
  private final List<WalkSpeedJob.Write> delayed = new ArrayList<>();
  private final long[] unreachableUntil;
  private final List<Runnable> actions = new ArrayList<>();
  private final int pace;
  private final boolean late;
  private final boolean unsteady;
  private int stepsToBatch;
  private int stepsToSpeed;
  private View wanted = WalkDeclarations.ALL.get(0);
  private long now = 10_000;
  private long sealed;
  private Optional<Decided> decided = Optional.empty();
  private Optional<WalkStore.Snapshot> reading = Optional.empty();
  private Optional<String> wrong = Optional.empty();

  WalkWorld(long seed, Optional<WalkRule> broken, WalkCounts counts) {
    this.random = new Random(seed);
    this.broken = broken;
    this.counts = counts;
    this.log =
        new WalkLog(
            random,
            1 + random.nextInt(3),
            EPOCH.toMillis(),
            SKEW,
            isBroken(WalkRule.BOUNDARY_IS_DELIVERED));
    this.unreachableUntil = new long[log.partitions()];
    // Few or many events in an epoch. On a late walk both layers come to a log that has begun to
    // expire; on an unsteady one the speed job fails and restarts all the time. A rule that matters
    // there alone is broken there.
    int kind = random.nextInt(5);
    this.late = isBroken(WalkRule.START_OFFSETS) || kind == 0;
    this.unsteady =
        isBroken(WalkRule.HOLD_AFTER_RESTORE)
            || isBroken(WalkRule.SILENCE_AT_RESTORE)
            || isBroken(WalkRule.NO_STEP_BACK)
            || kind == 1 && !late;
    this.pace = unsteady ? 1 : new int[] {1, 3, 10}[random.nextInt(3)];
    this.stepsToBatch = late ? 60 + random.nextInt(150) : 0;
    this.stepsToSpeed = late ? random.nextInt(150) : 0;
    chooseActions();
  }

  private boolean isBroken(WalkRule rule) {
    return broken.equals(Optional.of(rule));
  }

  /** What is wrong with an answer that was given; empty as long as none is. */
  Optional<String> wrong() {
    return wrong;
  }

  private void act(int weight, Runnable action) {
    int times = new int[] {1, 3, 9}[random.nextInt(3)];
    for (int i = 0; i < weight * times; i++) {
      actions.add(action);
    }
  }

  /**
   * Each walk does some things often and others rarely: rare meetings are frequent on some walk.
   */
  private void chooseActions() {
    act(25, this::produce);
    act(12, this::pass);
    act(10, this::archive);
    act(4, this::recompute);
    act(3, this::publish);
    act(1, this::rollBack);
    act(20, () -> jobs.forEach(job -> job.read(1 + random.nextInt(12))));
    act(5, () -> jobs.forEach(WalkSpeedJob::emit));
    act(6, this::deliver);
    act(4, () -> jobs.forEach(WalkSpeedJob::completeCheckpoint));
    act(unsteady ? 4 : 1, this::fail);
    act(unsteady ? 12 : 5, this::restart);
    if (!unsteady && random.nextBoolean()) {
      act(1, () -> startAfresh(wanted));
      act(1, () -> wanted = WalkDeclarations.ALL.get(random.nextInt(WalkDeclarations.ALL.size())));
    }
    if (random.nextBoolean()) {
      act(1, () -> jobs.forEach(WalkSpeedJob::stall));
      act(2, () -> jobs.forEach(WalkSpeedJob::goOn));
      act(1, this::losePartition);
    }
    if (late || !unsteady && random.nextBoolean()) {
      act(late ? 4 : 1, this::expireLog);
      act(1, this::loseProgress);
    }
  }

  void step() {
    stepsToBatch--;
    stepsToSpeed--;
    actions.get(random.nextInt(actions.size())).run();
    publishProgress();
    takeOver();
    writeDecided();
    readAtAnyMoment();
  }

  private void losePartition() {
    unreachableUntil[random.nextInt(log.partitions())] = now + random.nextInt(80);
  }

  // --- the log

  private void produce() {
    int p = random.nextInt(log.partitions());
    for (int i = random.nextInt(6); i >= 0 && unreachableUntil[p] <= now; i--) {
      log.append(p, random.nextInt(8) == 0 ? WalkLog.Kind.ABORTED : WalkLog.Kind.DATA, now);
    }
  }

  private void pass() {
    now += 1 + random.nextInt(pace);
    tables.values().forEach(table -> table.expire(now, RETENTION.toMillis()));
  }

  private void expireLog() {
    int p = random.nextInt(log.partitions());
    if (sealed > 0) {
      log.boundary(p, sealed).ifPresent(archived -> log.expire(p, archived));
    }
  }

  // --- batch

  /** Ticks where a boundary is due, and seals every epoch whose end is in the log everywhere. */
  private void archive() {
    long due = Epoch.numberAt(now, EPOCH);
    for (int p = 0; p < log.partitions(); p++) {
      if (log.boundary(p, due).isEmpty()) {
        if (isBroken(WalkRule.SEAL_BY_THE_LOG)) {
          log.fixBoundary(p, due);
        } else if (unreachableUntil[p] <= now) {
          log.append(p, WalkLog.Kind.TICK, now);
        }
      }
    }
    for (long epoch = due; epoch > sealed; epoch--) {
      long candidate = epoch;
      if (partitions().allMatch(p -> log.boundary(p, candidate).isPresent())) {
        sealed = epoch;
      }
    }
  }

  private IntStream partitions() {
    return IntStream.range(0, log.partitions());
  }

  private void recompute() {
    if (sealed == 0 || stepsToBatch > 0) {
      return;
    }
    // Now and then from an older archive run, as a run that was held up does.
    long first = Epoch.numberAt(10_000, EPOCH);
    long epoch =
        random.nextInt(published.isEmpty() ? 2 : 4) > 0 || sealed <= first
            ? sealed
            : first + random.nextInt((int) (sealed - first));
    if (partitions().anyMatch(p -> log.boundary(p, epoch).isEmpty())) {
      return;
    }
    Map<Integer, Long> offsets = new HashMap<>();
    partitions().forEach(p -> offsets.put(p, (long) log.boundary(p, epoch).orElseThrow()));
    Horizon horizon = new Horizon(epoch, offsets);
    Map<Long, WalkTotal.Stored> table = new HashMap<>();
    long events = 0;
    for (Map.Entry<Long, WalkTotal> row :
        totals(wanted, (p, offset, entry) -> horizon.holds(p, offset)).entrySet()) {
      table.put(row.getKey(), row.getValue().store());
      events += row.getValue().events();
    }
    long number = batches.isEmpty() ? 1 : batches.lastKey() + 1;
    Version version =
        new Version(
            number,
            "lambda:walk.v" + number,
            wanted.fingerprint(),
            wanted.shape(),
            horizon,
            EPOCH,
            number,
            "digest",
            Version.Counts.of(table.size(), events),
            Instant.ofEpochMilli(now),
            Optional.empty());
    batches.put(number, new Batch(Version.fromJson(version.toJson()), table));
    while (batches.size() > KEPT_VERSIONS + 1
        && !batches.firstKey().equals(currentVersion().orElse(-1L))) {
      published.remove(batches.firstKey());
      batches.remove(batches.firstKey());
    }
  }

  private Optional<Long> currentVersion() {
    return store.row().flatMap(PublishedRow::version).map(Version::number);
  }

  private void publish() {
    if (batches.isEmpty()) {
      return;
    }
    Version version = batches.lastEntry().getValue().version();
    if (currentVersion().equals(Optional.of(version.number()))) {
      return;
    }
    boolean force = random.nextInt(8) == 0;
    decide(
        "publish",
        known -> PublishedRow.publish(known, version, force, clock(), Duration.ofMillis(SKEW)));
  }

  private void rollBack() {
    List<Long> candidates = published.stream().filter(n -> batches.containsKey(n)).toList();
    if (candidates.isEmpty()) {
      return;
    }
    Version version = batches.get(candidates.get(random.nextInt(candidates.size()))).version();
    decide(
        "roll back",
        known -> PublishedRow.rollback(known, version, clock(), Duration.ofMillis(SKEW)));
  }

  private void decide(String verb, Function<PublishedRow.Known, PublishedRow> rule) {
    try {
      decided = Optional.of(new Decided(store.row(), rule.apply(store.known(this::seen))));
    } catch (HandoffException e) {
      counts.refused(verb, e.getMessage());
    }
  }

  /** Compare-and-set some time after the decision; what it was decided on may be old by then. */
  private void writeDecided() {
    if (decided.isEmpty() || random.nextInt(3) > 0) {
      return;
    }
    PublishedRow after = decided.get().after();
    PublishedRow honest =
        new PublishedRow(
            after.view(),
            after.flips(),
            after.version(),
            after.generation().map(g -> store.generation(g.number())));
    Optional<PublishedRow> before = decided.get().before();
    decided = Optional.empty();
    if (after.version().isPresent() && !batches.containsKey(after.version().get().number())) {
      return;
    }
    if (store.compareAndSet(before, honest)) {
      counts.flipped(before, honest);
      after.version().ifPresent(v -> published.add(v.number()));
    } else {
      counts.lostRace();
    }
  }

  // --- speed

  /** A generation as the rules see it; the broken ones take it for whole. */
  private Generation seen(Generation g) {
    Map<Integer, Long> fromZero = new HashMap<>();
    g.startOffsets().keySet().forEach(p -> fromZero.put(p, 0L));
    boolean blind = isBroken(WalkRule.COVERAGE);
    return new Generation(
        g.number(),
        g.table(),
        g.fingerprint(),
        g.shape(),
        g.life(),
        blind ? 0 : g.coverage(),
        g.firstEpoch(),
        blind || isBroken(WalkRule.START_OFFSETS) ? fromZero : g.startOffsets(),
        g.epochLength(),
        isBroken(WalkRule.RETENTION) ? Duration.ofDays(1) : g.retention(),
        g.opened());
  }

  private UnaryOperator<Generation> eyes() {
    return this::seen;
  }

  /** A new life: from the oldest kept version whose records behind it Kafka still has. */
  private void startAfresh(View view) {
    if (stepsToSpeed > 0) {
      return;
    }
    Optional<Version> oldest =
        batches.values().stream()
            .map(Batch::version)
            .filter(v -> partitions().allMatch(p -> log.begin(p) <= v.horizon().offsets().get(p)))
            .min(Comparator.comparingLong(v -> v.horizon().epoch()));
    if (oldest.isEmpty() && !batches.isEmpty()) {
      counts.refused("start", "Kafka no longer has what follows any version");
      return;
    }
    Map<Integer, Long> begin = new HashMap<>();
    partitions().forEach(p -> begin.put(p, log.begin(p)));
    long oldestEpoch =
        Epoch.numberAt(
            partitions()
                .filter(p -> log.begin(p) < log.end(p))
                .mapToLong(p -> log.history(p).get(Math.toIntExact(log.begin(p))).append())
                .min()
                .orElse(now - SKEW),
            EPOCH);
    boolean whole = begin.values().stream().allMatch(offset -> offset == 0);
    long coverage = oldest.map(v -> v.horizon().epoch()).orElse(whole ? 0 : oldestEpoch + 1);
    long number = store.nextGeneration();
    Generation generation =
        new Generation(
            number,
            "lambda:walk.speed.g" + number,
            view.fingerprint(),
            view.shape(),
            "life " + number,
            coverage,
            oldest.map(v -> v.horizon().epoch()).orElse(oldestEpoch),
            oldest.map(v -> v.horizon().offsets()).orElse(begin),
            EPOCH,
            RETENTION,
            Instant.ofEpochMilli(now));
    for (WalkSpeedJob job : List.copyOf(jobs)) {
      if (job.view().fingerprint().equals(view.fingerprint())) {
        delayed.addAll(job.fail());
        jobs.remove(job);
      }
    }
    store.open(generation);
    WalkTable table =
        isBroken(WalkRule.TABLE_PER_GENERATION)
            ? tables.getOrDefault(1L, new WalkTable())
            : new WalkTable();
    tables.put(number, table);
    jobs.add(
        new WalkSpeedJob(
            random,
            log,
            broken,
            view,
            store.generation(number),
            table,
            oldest.map(v -> v.horizon().instant(EPOCH).toEpochMilli()).orElse(0L)));
    counts.started();
  }

  private void deliver() {
    jobs.forEach(WalkSpeedJob::deliver);
    for (int i = random.nextInt(3); i > 0 && !delayed.isEmpty(); i--) {
      WalkSpeedJob.Write write = delayed.remove(random.nextInt(delayed.size()));
      if (random.nextInt(4) > 0) {
        write.arrive();
      }
    }
  }

  private void publishProgress() {
    for (WalkSpeedJob job : jobs) {
      if (random.nextInt(3) == 0) {
        job.takeProgress().ifPresent(p -> store.putProgress(job.generation(), p));
      }
    }
  }

  private void takeOver() {
    for (WalkSpeedJob job : jobs) {
      if (!job.isDown() && decided.isEmpty() && random.nextInt(4) == 0) {
        PublishedRow.takeOver(store.known(eyes()), seen(job.generation()))
            .ifPresent(row -> decided = Optional.of(new Decided(store.row(), row)));
      }
    }
  }

  private void fail() {
    if (!jobs.isEmpty()) {
      WalkSpeedJob job = jobs.get(random.nextInt(jobs.size()));
      if (random.nextBoolean()) {
        job.emit();
        job.flush();
      }
      delayed.addAll(job.fail());
    }
  }

  private void restart() {
    for (WalkSpeedJob job : List.copyOf(jobs)) {
      if (job.isDown() && !job.restore(store.progress(job.generation()))) {
        counts.refused(
            "restore", "the checkpoint is behind what was published, or Kafka behind it");
        startAfresh(job.view());
        return;
      }
    }
    if (jobs.stream().noneMatch(j -> j.view().fingerprint().equals(wanted.fingerprint()))) {
      startAfresh(wanted);
    }
  }

  private void loseProgress() {
    if (!jobs.isEmpty()) {
      store.loseProgress(jobs.get(random.nextInt(jobs.size())).generation());
    }
  }

  // --- reading

  private Instant clock() {
    return Instant.ofEpochMilli(now + random.nextInt(2 * SKEW + 1) - SKEW);
  }

  private Optional<WalkStore.Snapshot> snapshot() {
    return store
        .row()
        .map(
            row ->
                new WalkStore.Snapshot(
                    row,
                    row.generation().map(store::progress).orElse(Progress.NONE),
                    Instant.ofEpochMilli(now)));
  }

  /**
   * One Get now, the cells some steps later: the answer may hold more than was claimed, not less.
   */
  private void readAtAnyMoment() {
    // Where a wrong answer is expected it may show for a few steps only: look more often.
    int often = broken.isPresent() ? 1 : 3;
    if (reading.isEmpty()) {
      reading = random.nextInt(often) == 0 ? snapshot() : Optional.empty();
    }
    if (reading.isPresent() && random.nextInt(often) == 0) {
      WalkStore.Snapshot snapshot = reading.get();
      reading = Optional.empty();
      if (!isRefused(snapshot)) {
        counts.readAtAnyMoment();
        long generation = snapshot.row().generation().orElseThrow().number();
        check(snapshot, answer(snapshot, tables.get(generation)));
      }
    }
  }

  private boolean isRefused(WalkStore.Snapshot snapshot) {
    // A version that was dropped since: a reader finds no table and reads the row again.
    if (snapshot.row().version().map(v -> !batches.containsKey(v.number())).orElse(false)) {
      return true;
    }
    Optional<String> refusal =
        WalkStore.deceived(snapshot.row(), eyes())
            .incompleteBecause(clock(), Duration.ofMillis(SKEW));
    refusal.ifPresent(why -> counts.refused("read", why));
    return refusal.isPresent();
  }

  /** The merge that a reader makes. */
  private Map<Long, WalkTotal> answer(WalkStore.Snapshot snapshot, WalkTable speed) {
    PublishedRow row = snapshot.row();
    ViewShape shape = row.shape();
    Map<Long, WalkTotal> answer = new TreeMap<>();
    row.version()
        .ifPresent(
            v ->
                batches
                    .get(v.number())
                    .table()
                    .forEach((window, total) -> answer.put(window, total.read(shape))));
    speed.forEach(
        (place, total) -> {
          if (place.epoch() >= row.horizonEpoch()) {
            boolean once;
            try {
              once =
                  answer
                      .computeIfAbsent(place.window(), w -> new WalkTotal(shape))
                      .merge(total.read(shape));
            } catch (IllegalStateException ofAnotherDeclaration) {
              once = false;
            }
            if (!once) {
              complain("an event counted twice, or of another declaration, in " + place);
            }
          }
        });
    return answer;
  }

  /** No more than the log holds, no less than the horizon and the freshness claim. */
  private void check(WalkStore.Snapshot snapshot, Map<Long, WalkTotal> answer) {
    PublishedRow row = snapshot.row();
    Optional<Instant> fresh =
        snapshot
            .progress()
            .freshness(row.generation().orElseThrow().startOffsets().keySet(), snapshot.at());
    fresh.ifPresent(f -> counts.claim());
    long before = fresh.map(Instant::toEpochMilli).orElse(0L);
    Optional<Horizon> horizon = row.version().map(Version::horizon);
    int declaration = WalkDeclarations.indexOf(row.fingerprint());
    long found = 0;
    for (int p = 0; p < log.partitions(); p++) {
      List<WalkLog.Entry> entries = log.history(p);
      for (int offset = 0; offset < entries.size(); offset++) {
        WalkLog.Entry entry = entries.get(offset);
        if (entry.kind() != WalkLog.Kind.DATA
            || entry.windows().get(declaration) == WalkLog.NOT_COUNTED) {
          continue;
        }
        WalkTotal total = answer.get(entry.windows().get(declaration));
        boolean held = total != null && total.ids().get(entry.id());
        found += held ? 1 : 0;
        boolean claimed =
            entry.logTime() < before || (horizon.isPresent() && horizon.get().holds(p, offset));
        if (claimed && !held) {
          complain(
              String.format(
                  Locale.ROOT,
                  "the answer lacks the event of log time %d at partition %d offset %d; horizon %d, freshness %d",
                  entry.logTime(),
                  p,
                  offset,
                  row.horizonEpoch(),
                  before));
        }
      }
    }
    long events = answer.values().stream().mapToLong(WalkTotal::events).sum();
    if (events != found) {
      complain(
          String.format(
              Locale.ROOT, "the answer counts %d events, %d of them from the log", events, found));
    }
  }

  /** With production stopped and speed caught up an answer is the truth, to the byte. */
  void readCaughtUp() {
    Optional<WalkStore.Snapshot> snapshot = snapshot();
    if (snapshot.isEmpty()) {
      counts.refused("read", "nothing is published");
      return;
    }
    if (isRefused(snapshot.get())) {
      return;
    }
    long generation = snapshot.get().row().generation().orElseThrow().number();
    Optional<WalkTable> table =
        jobs.stream()
            .filter(j -> j.generation().number() == generation)
            .findFirst()
            .flatMap(WalkSpeedJob::caughtUp);
    if (table.isEmpty()) {
      counts.refused("be exact", "the generation's job is down, and freshness says so");
      return;
    }
    Map<Long, WalkTotal> answer = answer(snapshot.get(), table.get());
    check(snapshot.get(), answer);
    View view = WalkDeclarations.of(snapshot.get().row().fingerprint());
    Map<Long, WalkTotal> truth = totals(view, (p, offset, entry) -> true);
    counts.exact();
    if (!answer.keySet().equals(truth.keySet())) {
      complain("windows %s, truth %s".formatted(answer.keySet(), truth.keySet()));
      return;
    }
    answer.forEach(
        (window, total) -> {
          if (!Arrays.equals(total.bytes(), truth.get(window).bytes())) {
            complain(String.format(Locale.ROOT, "window %d differs from the truth", window));
          }
        });
  }

  private interface Which {
    boolean holds(int partition, long offset, WalkLog.Entry entry);
  }

  /** Totals by window straight from the log. */
  private Map<Long, WalkTotal> totals(View view, Which which) {
    Map<Long, WalkTotal> totals = new TreeMap<>();
    BoundView bound = view.bind(WalkDeclarations.COLUMNS);
    for (int p = 0; p < log.partitions(); p++) {
      List<WalkLog.Entry> entries = log.history(p);
      for (int offset = 0; offset < entries.size(); offset++) {
        WalkLog.Entry entry = entries.get(offset);
        if (entry.kind() == WalkLog.Kind.DATA
            && which.holds(p, offset, entry)
            && bound.accepts(entry.event().row(WalkDeclarations.COLUMNS))) {
          totals
              .computeIfAbsent(
                  view.shape().windowStart(entry.event().eventTime()),
                  w -> new WalkTotal(view.shape()))
              .add(bound, entry.id());
        }
      }
    }
    return totals;
  }

  private void complain(String what) {
    if (wrong.isEmpty()) {
      wrong = Optional.of(what);
    }
  }
}
