package dev.lambdastack.batch.deadletters;

import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/** Reads dead letters for a person: counted, or one by one. Needs HDFS only. */
public final class Tally {
  /**
   * Some letters of one reason, partition and manifest.
   *
   * @param firstAppendMillis of the earliest, milliseconds since 1970
   * @param lastAppendMillis of the latest
   * @param replayed how many of them were produced again
   */
  public record Group(
      String reason,
      int partition,
      long manifest,
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
          manifest,
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

  private final MasterDataset dataset;
  private final Configuration conf;
  private final History history;

  private Tally(MasterDataset dataset, Configuration conf, History history) {
    this.dataset = dataset;
    this.conf = conf;
    this.history = history;
  }

  /** The dead letters of a topic. */
  public static Tally open(LambdaConfig config, String topic) throws IOException {
    Configuration conf = FileSchema.parquet(config.hadoop());
    MasterDataset dataset = MasterDataset.open(conf, config.master().folder(), topic);
    return new Tally(dataset, conf, new Replays(dataset, conf).read());
  }

  /** Counts, by manifest, partition and reason. */
  public List<Group> groups(Selection selection) throws IOException {
    record Key(long manifest, int partition, String reason) {}
    Map<Key, Group> groups =
        new TreeMap<>(
            Comparator.comparingLong(Key::manifest)
                .thenComparingInt(Key::partition)
                .thenComparing(Key::reason));
    visit(
        selection,
        letter ->
            groups.merge(
                new Key(letter.manifest(), letter.partition(), letter.reason()),
                group(letter),
                (before, one) -> before.with(letter, one.replayed() == 1)));
    return new ArrayList<>(groups.values());
  }

  private Group group(DeadLetter letter) {
    return new Group(
        letter.reason(),
        letter.partition(),
        letter.manifest(),
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
    DeadLetterFiles files = new DeadLetterFiles(dataset, conf);
    files.visit(files.manifests(), selection, visitor);
  }
}
