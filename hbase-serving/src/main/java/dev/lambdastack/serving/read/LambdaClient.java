package dev.lambdastack.serving.read;

import dev.lambdastack.serving.merge.KeyJoin;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.merge.RowMerge;
import dev.lambdastack.serving.merge.RowMerge.Merged;
import dev.lambdastack.serving.store.DimensionStore;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedPointer.Snapshot;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Answers for views as if there were one table of them, kept up to now. Thread-safe; one for a
 * process is enough.
 *
 * <pre>{@code
 * try (LambdaClient client = LambdaClient.open(HBaseConfiguration.create())) {
 *   Answer answer = client.query("daily_sales", List.of("Beverages"),
 *       Instant.parse("1998-12-01T00:00:00Z"), Instant.parse("1999-01-01T00:00:00Z"));
 *   for (MergedRow day : answer.rows()) {
 *     System.out.println(day.start() + " " + day.value("total_revenue"));
 *   }
 * }
 * }</pre>
 *
 * <p>Each answer is by one published row: the batch version's value for a key and window, merged
 * with the speed generation's totals of the epochs from that version's horizon on. So every event
 * is counted once, whichever layer holds it, and an answer is wholly by the old row or wholly by
 * the new one while a version is being published. Where the two together would miss events, the
 * read refuses with {@link HandoffException}, or marks the answer as incomplete if that was
 * allowed.
 *
 * <p>A view that looks key columns up is joined to its dimensions as they are when the answer is
 * read: each id has one attribute in an answer, so each event is under one key.
 *
 * <p>All reads may throw {@link InvalidInputException}: no such view, a key that does not fit,
 * {@code from} after {@code to}, more rows than {@code lambda.read.max-rows}; {@link
 * UnavailableException} where HBase does not answer within {@code lambda.read.timeout}; and {@link
 * IOException} where HBase refuses (access rights) or the thread is interrupted.
 */
public final class LambdaClient implements AutoCloseable {
  /** How many ids an attribute may have, so that each is read by a range of its own. */
  private static final int MOST_IDS = 64;

  /** Into how many ranges of salts a read of all keys is cut; each is scanned in both tables. */
  private static final int FAN_OUT = 8;

  /** By themselves HBase's clients try for up to 20 minutes. */
  private static final List<String> HBASE_TIMEOUTS =
      List.of(
          "hbase.client.operation.timeout",
          "hbase.client.meta.operation.timeout",
          "hbase.client.scanner.timeout.period",
          "hbase.rpc.timeout");

  private final LambdaConfig config;
  private final Connection connection;
  private final boolean ownsConnection;
  private final Clock clock;
  private final PublishedCache published;
  private final PublishedTable store;
  private final HBaseCalls calls = new HBaseCalls();

  private LambdaClient(
      LambdaConfig config, Connection connection, boolean ownsConnection, Clock clock) {
    this.config = config;
    this.connection = connection;
    this.ownsConnection = ownsConnection;
    this.clock = clock;
    this.store = new PublishedTable(connection);
    this.published = new PublishedCache(store, config.read().cache(), clock);
  }

  /**
   * A client with a connection of its own.
   *
   * @param conf Hadoop's and HBase's configuration, maybe with {@code lambda.*} keys
   * @throws InvalidInputException on an unknown key or a bad value
   * @throws UnavailableException when HBase does not answer
   */
  public static LambdaClient open(Configuration conf) {
    long limit = LambdaConfig.of(conf).read().timeout().toMillis();
    Configuration impatient = new Configuration(conf);
    for (String key : HBASE_TIMEOUTS) {
      impatient.setLong(key, Math.min(limit, Integer.MAX_VALUE));
    }
    LambdaConfig config = LambdaConfig.of(impatient);
    return new LambdaClient(config, HBaseConnector.connect(config), true, Clock.systemUTC());
  }

  /** A client on a connection that stays the caller's. */
  public static LambdaClient over(Connection connection, LambdaConfig config, Clock clock) {
    return new LambdaClient(config, connection, false, clock);
  }

  /** Names of the views that answer, sorted. */
  public List<String> views() throws IOException {
    return await(deadline(), () -> store.pointer().views()).stream().sorted().toList();
  }

  /** What an answer for a view would come from right now, without reading any. */
  public Description describe(String view) throws IOException {
    PublishedCache.Read read = await(deadline(), () -> published.find(view));
    return new Description(
        read.snapshot().row().shape().answered(),
        Provenance.of(read.snapshot(), clock.instant(), incomplete(read.snapshot().row())));
  }

  /**
   * A view's declaration and where its answers come from.
   *
   * @param shape says how many parts a key has, and of which types; a looked-up part is a text
   */
  public record Description(ViewShape shape, Provenance provenance) {}

  /** {@link #query(String, List, Instant, Instant, Incomplete)} that refuses what is incomplete. */
  public Answer query(String view, List<?> key, Instant from, Instant to) throws IOException {
    return query(view, key, from, to, Incomplete.REFUSE);
  }

  /**
   * One merged row for each window of a key whose start lies in {@code [from, to)} and that has
   * events, by window start.
   *
   * @param key the parts in declared order: String, Long, BigDecimal, Boolean or Instant by column
   *     type (smaller whole numbers do for Long); empty for a view without key columns
   * @param from inclusive; a window that began earlier is left out, even if it reaches past
   * @param to exclusive; a window that begins earlier is there whole, even if it reaches past.
   *     Equal to {@code from}: no rows
   */
  public Answer query(String view, List<?> key, Instant from, Instant to, Incomplete incomplete)
      throws IOException {
    WindowRange windows = WindowRange.of(from, to);
    return answer(view, new Question(windows, Optional.of(new ArrayList<>(key)), incomplete));
  }

  /** {@link #queryAll(String, Instant, Instant, Incomplete)} that refuses what is incomplete. */
  public Answer queryAll(String view, Instant from, Instant to) throws IOException {
    return queryAll(view, from, to, Incomplete.REFUSE);
  }

  /**
   * The merged rows of all keys whose windows start in {@code [from, to)}, by window start and then
   * by key. Keys come before windows in the tables, so this reads all of both tables however short
   * the range is; what it returns is bounded by {@code lambda.read.max-rows}.
   */
  public Answer queryAll(String view, Instant from, Instant to, Incomplete incomplete)
      throws IOException {
    return answer(view, new Question(WindowRange.of(from, to), Optional.empty(), incomplete));
  }

  /**
   * The rows of one key in one batch version and nothing else, whatever answers now: also in one
   * that was never published, such as a version of a moment in the past. The answer is whole up to
   * the version's horizon.
   *
   * @param number of the version
   * @param key as in {@link #query(String, List, Instant, Instant)}
   * @throws InvalidInputException also when there is no such version, or its table is gone
   */
  public Answer queryVersion(String view, long number, List<?> key, Instant from, Instant to)
      throws IOException {
    WindowRange windows = WindowRange.of(from, to);
    return answer(
        view, number, new Question(windows, Optional.of(new ArrayList<>(key)), Incomplete.ALLOW));
  }

  /** {@link #queryVersion} of all keys, bounded as {@link #queryAll(String, Instant, Instant)}. */
  public Answer queryAllOfVersion(String view, long number, Instant from, Instant to)
      throws IOException {
    WindowRange windows = WindowRange.of(from, to);
    return answer(view, number, new Question(windows, Optional.empty(), Incomplete.ALLOW));
  }

  private Answer answer(String view, long number, Question question) throws IOException {
    Deadline deadline = deadline();
    Version version = version(deadline, view, number);
    Instant readAt = clock.instant();

    try {
      PublishedRow alone = new PublishedRow(view, 1, Optional.of(version), Optional.empty());
      return joined(alone, question, deadline, () -> Provenance.ofVersion(view, version, readAt));
    } catch (HBaseCalls.TableGoneException e) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot read version %d of view %s: it was dropped meanwhile, with its table %s; lambda versions %s lists those it has",
              number,
              view,
              version.table(),
              view),
          e);
    }
  }

  /** The declaration of one batch version, which may differ from that of the one that answers. */
  public ViewShape shapeOfVersion(String view, long number) throws IOException {
    return version(deadline(), view, number).shape().answered();
  }

  private Version version(Deadline deadline, String view, long number) throws IOException {
    Optional<Version> found = await(deadline, () -> store.catalog().version(view, number));
    if (found.isPresent()) {
      return found.get();
    }

    boolean was = number > 0 && number <= await(deadline, () -> store.runs().lastVersion(view));
    throw new InvalidInputException(
        "%s; lambda versions %s lists those it has"
            .formatted(
                was
                    ? String.format(
                        Locale.ROOT,
                        "View %s has version %d no longer, or not yet: it was discarded or cleaned up, or was never completed",
                        view,
                        number)
                    : String.format(
                        Locale.ROOT, "View %s has no complete version %d", view, number),
                view));
  }

  /** What was asked; {@code key} is empty for all keys. */
  private record Question(WindowRange windows, Optional<List<Object>> key, Incomplete incomplete) {
    List<RowRange> ranges(ViewShape shape, Optional<KeyJoin> join) {
      // A key that does not fit is refused even where there is nothing to read.
      Optional<List<List<Object>>> keys =
          join.isPresent() ? join.get().keptKeys(MOST_IDS) : key.map(List::of);
      Optional<List<RowRange>> ofKeys =
          keys.map(ks -> ks.stream().map(k -> RowRange.ofKey(shape, k, windows)).toList());
      return windows.isEmpty()
          ? List.of()
          : ofKeys.orElseGet(() -> RowRange.ofAllKeys(shape, FAN_OUT));
    }
  }

  private Answer answer(String view, Question question) throws IOException {
    Deadline deadline = deadline();
    PublishedCache.Read read = await(deadline, () -> published.find(view));

    while (true) {
      try {
        return read(read.snapshot(), question, deadline);
      } catch (HBaseCalls.TableGoneException e) {
        // The version was cleaned up after we had read the row: by then another one answers.
        PublishedRow before = read.snapshot().row();
        read = await(deadline, () -> published.readAgain(view));
        if (tables(read.snapshot().row()).equals(tables(before))) {
          throw new HandoffException(
              "Cannot answer for view %s: %s, which its published row names, does not exist; publish a version again"
                  .formatted(view, e.getMessage()));
        }
      }
    }
  }

  private static List<String> tables(PublishedRow row) {
    List<String> tables = new ArrayList<>();
    row.version().map(Version::table).ifPresent(tables::add);
    row.generation().map(Generation::table).ifPresent(tables::add);
    return tables;
  }

  private Answer read(Snapshot snapshot, Question question, Deadline deadline) throws IOException {
    PublishedRow row = snapshot.row();
    Instant readAt = clock.instant();
    refuse(question, incomplete(row));

    return joined(
        row,
        question,
        deadline,
        () -> {
          // Again: cells may have expired while they were being read.
          Optional<String> incomplete = incomplete(row);
          refuse(question, incomplete);
          return Provenance.of(snapshot, readAt, incomplete);
        });
  }

  /**
   * The rows by a published row, joined to the dimensions that the view looks up.
   *
   * @param provenance asked when all rows are read
   */
  private Answer joined(
      PublishedRow row, Question question, Deadline deadline, Supplier<Provenance> provenance)
      throws IOException {
    Optional<Dimensions> dimensions = dimensions(row.shape(), deadline);
    Optional<KeyJoin> join =
        dimensions.map(d -> new KeyJoin(row.shape(), d.values(), question.key()));
    List<Answered> answered = rows(row, question, join, deadline);
    Provenance from = provenance.get();
    answered.sort(BY_WINDOW_THEN_KEY);

    return new Answer(
        row.shape().answered(),
        answered.stream().map(Answered::row).toList(),
        from,
        join.map(
            j ->
                new Answer.Joined(
                    dimensions.orElseThrow().wholeUpTo(),
                    j.eventsWithoutId(),
                    j.eventsWithoutAttribute())));
  }

  /** Read before the rows: an id that a row holds was in the log before, its dimension maybe. */
  private Optional<Dimensions> dimensions(ViewShape shape, Deadline deadline) throws IOException {
    if (shape.lookups().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        await(
            deadline,
            () -> Dimensions.read(new DimensionStore(connection), shape, config.read().maxRows())));
  }

  /**
   * A row of the answer.
   *
   * @param rowKey by which answers are ordered
   */
  private record Answered(byte[] rowKey, MergedRow row) {
    static Answered of(Merged merged, ViewShape shape) {
      return new Answered(merged.rowKey(), merged.row(shape));
    }
  }

  private static final Comparator<Answered> BY_WINDOW_THEN_KEY =
      Comparator.<Answered, Instant>comparing(m -> m.row().start())
          .thenComparing(
              (a, b) ->
                  // Without the salt, byte order is the key's own order.
                  Arrays.compareUnsigned(
                      a.rowKey(), 1, a.rowKey().length, b.rowKey(), 1, b.rowKey().length));

  private Optional<String> incomplete(PublishedRow row) {
    return row.incompleteBecause(clock.instant(), config.log().clockSkew());
  }

  private static void refuse(Question question, Optional<String> incomplete) {
    if (incomplete.isPresent() && question.incomplete() == Incomplete.REFUSE) {
      throw new HandoffException(
          "The answer would miss events: %s; or allow an incomplete answer"
              .formatted(incomplete.get()));
    }
  }

  /** All scans are under way at once; their rows are merged range by range. */
  private List<Answered> rows(
      PublishedRow row, Question question, Optional<KeyJoin> join, Deadline deadline)
      throws IOException {
    List<RangeRead> reads = new ArrayList<>();
    try {
      for (RowRange range : question.ranges(row.shape(), join)) {
        reads.add(start(row, range, question.windows(), deadline));
      }

      List<Answered> rows = new ArrayList<>();
      for (RangeRead read : reads) {
        RowMerge merge = read.merge();
        while (merge.hasNext()) {
          Merged merged = merge.next();
          if (join.isPresent()) {
            join.get().add(merged);
            checkSize(join.get().size(), row.view());
          } else {
            rows.add(Answered.of(merged, row.shape()));
            checkSize(rows.size(), row.view());
          }
        }
      }

      join.ifPresent(
          j -> j.rows().forEach(merged -> rows.add(Answered.of(merged, row.shape().answered()))));
      return rows;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      reads.forEach(RangeRead::close);
    }
  }

  private RangeRead start(
      PublishedRow row, RowRange range, WindowRange windows, Deadline deadline) {
    Function<LayerScan.Source, LayerScan> scan =
        source -> new LayerScan(calls, deadline, connection, source, windows);
    return new RangeRead(
        LayerReader.batch(row, range).map(scan), LayerReader.speed(row, range).map(scan));
  }

  private void checkSize(int rows, String view) {
    if (rows > config.read().maxRows()) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "The answer of view %s has more than %d rows; ask for a shorter range or raise lambda.read.max-rows",
              view,
              config.read().maxRows()));
    }
  }

  private Deadline deadline() {
    return Deadline.in(config.read().timeout());
  }

  private <T> T await(Deadline deadline, Callable<T> call) throws IOException {
    return HBaseCalls.await(calls.start(call), deadline);
  }

  /** Ends the reads that are under way, and the connection if it is the client's own. */
  @Override
  public void close() throws IOException {
    calls.close();
    if (ownsConnection) {
      connection.close();
    }
  }
}
