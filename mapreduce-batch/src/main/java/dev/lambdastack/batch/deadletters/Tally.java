package dev.lambdastack.batch.deadletters;

import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Reads dead letters for a person: counted, or one by one. Needs HDFS only. */
public final class Tally {
  /**
   * Some letters of one reason, partition and archive run.
   *
   * @param firstAppendMillis of the earliest, milliseconds since 1970
   * @param lastAppendMillis of the latest
   * @param replayed how many of them were produced again
   */
  public record Group(
      String reason,
      int partition,
      long run,
      long count,
      long firstOffset,
      long lastOffset,
      long firstAppendMillis,
      long lastAppendMillis,
      long replayed) {
    private Group with(DeadLetter letter, boolean isReplayed) {
      return new Group(
          reason,
          partition,
          run,
          count + 1,
          Math.min(firstOffset, letter.offset()),
          Math.max(lastOffset, letter.offset()),
          Math.min(firstAppendMillis, letter.appendTimeMillis()),
          Math.max(lastAppendMillis, letter.appendTimeMillis()),
          replayed + (isReplayed ? 1 : 0));
    }
  }

  /**
   * A letter and the number of the replay that has produced it again, where one has.
   *
   * @param isInDoubt whether a replay that was cut off may have
   */
  public record Seen(DeadLetter letter, OptionalLong replay, boolean isInDoubt) {}

  private final DeadLetterFiles files;
  private final History history;

  private Tally(DeadLetterFiles files, History history) {
    this.files = files;
    this.history = history;
  }

  /** The dead letters of a topic. */
  public static Tally open(LambdaConfig config, String topic) throws IOException {
    MasterTable table = MasterTable.open(config, topic);
    return new Tally(
        new DeadLetterFiles(table, config.hadoop()), new Replays(config, topic).read());
  }

  /** Counts, by run, partition and reason. */
  public List<Group> groups(Selection selection) throws IOException {
    record Key(long run, int partition, String reason) {}
    Map<Key, Group> groups =
        new TreeMap<>(
            Comparator.comparingLong(Key::run)
                .thenComparingInt(Key::partition)
                .thenComparing(Key::reason));
    visit(
        selection,
        letter ->
            groups.merge(
                new Key(letter.run(), letter.partition(), letter.reason()),
                group(letter),
                (before, one) -> before.with(letter, one.replayed() == 1)));
    return new ArrayList<>(groups.values());
  }

  private Group group(DeadLetter letter) {
    return new Group(
        letter.reason(),
        letter.partition(),
        letter.run(),
        1,
        letter.offset(),
        letter.offset(),
        letter.appendTimeMillis(),
        letter.appendTimeMillis(),
        history.replayOf(letter).isPresent() ? 1 : 0);
  }

  /**
   * The first of the selected letters.
   *
   * @param limit how many at most
   */
  public List<Seen> letters(Selection selection, int limit) throws IOException {
    List<Seen> letters = new ArrayList<>();
    visit(
        selection,
        letter -> {
          if (letters.size() < limit) {
            letters.add(new Seen(letter, history.replayOf(letter), history.isInDoubt(letter)));
          }
        });
    return letters;
  }

  private void visit(Selection selection, DeadLetterFiles.Visitor visitor) throws IOException {
    files.visit(files.runs(), selection, visitor);
  }
}
