package dev.lambdastack.batch.deadletters;

import dev.lambdastack.batch.job.RunId;
import dev.lambdastack.batch.master.ArchiveRun;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaEdits;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Produces dead letters again that have become events, since a schema was added or the clock has
 * come to their time. They are new records, which both layers take like any late event.
 *
 * <p>Each is produced once: a portion is announced in a file, produced in one Kafka transaction and
 * noted in a second file. Of a run that was killed in between, the next one finds out from the log
 * whether its transaction was committed; it has ended the transaction before, by the transactional
 * id that all replays of a topic share. So what it finds is final, as long as its own transactions
 * are accepted.
 */
public final class Replay {
  /** Where a test does something. */
  enum Step {
    ANNOUNCED,
    SENT,
    COMMITTED
  }

  @FunctionalInterface
  interface Steps {
    void reached(Step step) throws IOException;
  }

  private static final int PORTION_LETTERS = 10_000;
  private static final long PORTION_BYTES = 16L << 20;

  private final LambdaConfig config;
  private final Views views;
  private final SchemaStore schemas;
  private final Clock clock;
  private final Steps steps;
  private final int portionLetters;

  public Replay(LambdaConfig config, Views views, SchemaStore schemas, Clock clock) {
    this(config, views, schemas, clock, step -> {}, PORTION_LETTERS);
  }

  Replay(
      LambdaConfig config,
      Views views,
      SchemaStore schemas,
      Clock clock,
      Steps steps,
      int portionLetters) {
    this.config = config;
    this.views = views;
    this.schemas = schemas;
    this.clock = clock;
    this.steps = steps;
    this.portionLetters = portionLetters;
  }

  /** What both a run and a dry run go through. */
  private final class Pass {
    private final EventDecoder decoder;
    private final long nowMillis;
    private History history;
    private long selected;
    private long replayed;
    private long before;
    private long inDoubt;
    private final Map<String, Long> left = new TreeMap<>();

    Pass(EventType type, MasterTable table, List<ArchiveRun> runs, History history)
        throws IOException {
      SchemaEdits.checkArchived(schemas, type, table.schemas());
      ArchiveRun last = last(runs);
      this.decoder = new EventDecoder(schemas, type, List.of(), last.eventTimeMin());
      // No broker's clock shows less.
      this.nowMillis = clock.instant().minus(config.log().clockSkew()).toEpochMilli();
      this.history = history;
    }

    /** Whether the letter is to be produced again; counts it. */
    boolean takes(DeadLetter letter) {
      selected++;
      if (history.replayOf(letter).isPresent()) {
        before++;
        return false;
      }
      if (history.isInDoubt(letter)) {
        inDoubt++;
        return false;
      }

      Decoded decoded =
          decoder.decode(letter.value(), letter.partition(), letter.offset(), nowMillis);
      if (decoded instanceof Rejection rejection) {
        left.merge(rejection.reason().name(), 1L, Long::sum);
        return false;
      }

      replayed++;
      return true;
    }

    ReplayResult result(String topic, List<String> doubts) {
      return new ReplayResult(topic, selected, replayed, before, inDoubt, left, doubts);
    }
  }

  /**
   * What {@link #run} would do now; writes nothing.
   *
   * @throws InvalidInputException as {@link #run}
   */
  public ReplayResult plan(String topic, Selection selection) throws IOException {
    EventType type = views.eventType(topic);
    MasterTable table = MasterTable.open(config, topic);
    DeadLetterFiles files = new DeadLetterFiles(table, config.hadoop());
    List<ArchiveRun> runs = files.runs();
    Replays replays = new Replays(config, topic);

    Pass pass = new Pass(type, table, runs, replays.read());
    files.visit(runs, selection, pass::takes);

    return pass.result(
        topic,
        pass.history.open().stream()
            .map(
                i ->
                    String.format(
                        Locale.ROOT,
                        "Replay %d was cut off: the next replay finds out whether it was carried out",
                        i.sequence()))
            .toList());
  }

  /**
   * Produces the selected letters that are events by now and were not produced again before.
   *
   * @throws InvalidInputException when nothing is archived, the topic is another one than was
   *     archived, or Kafka refuses records; letters of the portions before are replayed then
   * @throws UnavailableException when Kafka does not answer; so are they then
   * @throws LostRaceException when another replay of the topic has begun meanwhile
   */
  public ReplayResult run(String topic, Selection selection) throws IOException {
    EventType type = views.eventType(topic);
    MasterTable table = MasterTable.open(config, topic);
    DeadLetterFiles files = new DeadLetterFiles(table, config.hadoop());
    List<ArchiveRun> runs = files.runs();
    Replays replays = new Replays(config, topic);

    FirstContact.kafka(config);
    try (TopicLog log = TopicLog.open(config.kafka(), topic)) {
      log.checkSettings();
      checkSameTopic(last(runs), log);
      try (ReplayProducer producer = ReplayProducer.open(config, topic)) {
        Pass pass = new Pass(type, table, runs, replays.read());
        Set<Long> undone = new HashSet<>();
        List<String> doubts = resolve(pass, replays, log, undone);
        Portions portions = new Portions(pass, replays, log, producer, undone);
        files.visit(runs, selection, portions::add);
        portions.send();
        return pass.result(topic, doubts);
      }
    }
  }

  private static ArchiveRun last(List<ArchiveRun> runs) {
    return runs.get(runs.size() - 1);
  }

  private static void checkSameTopic(ArchiveRun last, TopicLog log) {
    if (!last.topicId().equals(log.topicId())) {
      throw new InvalidInputException(
          "Cannot replay dead letters of topic %s: it was deleted and made again since they were archived (expected topic id %s, found %s)"
              .formatted(log.topic(), last.topicId(), log.topicId()));
    }
  }

  /** Finds out of each open intent whether it was carried out. */
  private List<String> resolve(Pass pass, Replays replays, TopicLog log, Set<Long> undone)
      throws IOException {
    List<String> doubts = new ArrayList<>();
    Set<Long> done = new HashSet<>();
    Probe probe = new Probe(config, log);

    for (Intent intent : pass.history.open()) {
      Optional<Boolean> committed = probe.wasCommitted(intent);
      if (committed.isEmpty()) {
        doubts.add(
            String.format(
                Locale.ROOT,
                "Nobody can tell whether replay %d of %s was carried out: Kafka no longer has the records from then; its letters are left; where you know that it was not, delete %s",
                intent.sequence(),
                intent.created(),
                replays.path(intent)));
      } else if (committed.get()) {
        replays.done(intent.sequence(), Set.of());
        done.add(intent.sequence());
      } else {
        undone.add(intent.sequence());
      }
    }

    pass.history = pass.history.with(done, undone);
    return doubts;
  }

  /** Letters that wait for their transaction. */
  private final class Portions {
    private final Pass pass;
    private final Replays replays;
    private final TopicLog log;
    private final ReplayProducer producer;
    private final Set<Long> undone;
    private final List<DeadLetter> waiting = new ArrayList<>();
    private long waitingBytes;
    private OptionalLong sequence = OptionalLong.empty();

    Portions(Pass pass, Replays replays, TopicLog log, ReplayProducer producer, Set<Long> undone) {
      this.pass = pass;
      this.replays = replays;
      this.log = log;
      this.producer = producer;
      this.undone = undone;
    }

    void add(DeadLetter letter) throws IOException {
      if (!pass.takes(letter)) {
        return;
      }
      waiting.add(letter);
      waitingBytes += letter.sizeBytes();
      if (waiting.size() >= portionLetters || waitingBytes >= PORTION_BYTES) {
        send();
      }
    }

    void send() throws IOException {
      if (waiting.isEmpty()) {
        return;
      }

      int partition = waiting.get(0).partition();
      Intent intent =
          new Intent(
              sequence.orElse(pass.history.next()),
              RunId.next(clock),
              log.topicId(),
              clock.instant(),
              partition,
              log.endOffsets().get(partition),
              Intent.lettersOf(waiting));

      if (!replays.announce(intent)) {
        throw new LostRaceException(
            "Another replay of topic %s has begun meanwhile; this one stops"
                .formatted(log.topic()));
      }
      steps.reached(Step.ANNOUNCED);

      log.checkUnchanged();
      producer.send(intent, waiting);
      steps.reached(Step.SENT);
      producer.commit();
      steps.reached(Step.COMMITTED);

      // Our transaction was accepted, so those before it ended as we found them.
      replays.done(intent.sequence(), undone);
      undone.clear();
      sequence = OptionalLong.of(intent.sequence() + 1);
      waiting.clear();
      waitingBytes = 0;
    }
  }
}
