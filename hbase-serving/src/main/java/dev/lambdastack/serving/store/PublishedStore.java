package dev.lambdastack.serving.store;

import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.hbase.CompareOperator;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.TableExistsException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.CheckAndMutate;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Delete;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Mutation;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.RowMutations;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.filter.Filter;
import org.apache.hadoop.hbase.filter.FilterList;
import org.apache.hadoop.hbase.filter.SingleColumnValueFilter;
import org.apache.hadoop.hbase.util.Bytes;

/**
 * The table {@code lambda:published}: one row for each view, its key the view's name.
 *
 * <pre>
 * p:pointer              PublishedRow as JSON; changed only together with p:flips
 * p:flips                how many flips made the pointer (8 bytes, big-endian); every flip is a compare-and-set on it,
 *                        and on the presence of p:version.N where it names version N
 * p:version.N            Version as JSON, written when version N is complete, before it is published
 * p:last-version         the greatest number that a version of the view was ever given (8 bytes); none is given twice
 * p:making.N             which run makes version N, from before there is a table until the version is complete
 * p:verdict.N            what the publish gate found of version N, as JSON
 * p:asof.N               the same of a version of a moment in the past, which is read by its number alone
 * p:generation.N         Generation as JSON, written when generation N is opened
 * p:answers.version.N    empty; its HBase timestamp is the time of the last flip that made version N answer
 * p:left.version.N       empty; its HBase timestamp is the time of the last flip from version N to another
 * p:left.generation.N    the same of generation N
 * p:failing.N            Failing as JSON, while the speed job of generation N fails again and again
 * s:N.P                  how far generation N is in partition P: offset (8 bytes), log time in milliseconds (8 bytes);
 *                        its HBase timestamp is the offset plus one, so that the farthest wins whatever the order of writes
 * </pre>
 *
 * Thread-safe as the connection is; the connection stays the caller's.
 */
public final class PublishedStore {
  public static final TableName TABLE = TableName.valueOf(ViewTables.NAMESPACE, "published");

  private static final byte[] FAMILY = Bytes.toBytes("p");
  private static final byte[] PROGRESS = Bytes.toBytes("s");
  private static final byte[] POINTER = Bytes.toBytes("pointer");
  private static final byte[] FLIPS = Bytes.toBytes("flips");
  private static final byte[] LAST_VERSION = Bytes.toBytes("last-version");
  private static final String MAKING = "making.";
  private static final String VERSION = "version.";
  private static final String AS_OF = "asof.";
  private static final String GENERATION = "generation.";
  private static final String VERDICT = "verdict.";
  private static final String ANSWERS = "answers.";
  private static final String LEFT = "left.";
  private static final String FAILING = "failing.";
  private static final Pattern NAMED_TABLE = Pattern.compile("\"table\":\"([^\"]+)\"");

  private final Connection connection;

  public PublishedStore(Connection connection) {
    this.connection = connection;
  }

  /**
   * What one Get says of a view.
   *
   * @param progress of the row's generation; read with the row, so data read afterwards holds at
   *     least that much
   */
  public record Snapshot(PublishedRow row, Progress progress) {}

  /** Creates the table where it is missing; safe to call from many processes at once. */
  public void ensureTable() throws IOException {
    try (Admin admin = connection.getAdmin()) {
      if (admin.tableExists(TABLE)) {
        return;
      }
      ViewTables.ensureNamespace(admin);
      admin.createTable(
          TableDescriptorBuilder.newBuilder(TABLE)
              .setColumnFamily(
                  ColumnFamilyDescriptorBuilder.newBuilder(FAMILY).setMaxVersions(1).build())
              .setColumnFamily(
                  ColumnFamilyDescriptorBuilder.newBuilder(PROGRESS).setMaxVersions(1).build())
              .build());
    } catch (TableExistsException e) {
      // another process was first
    }
  }

  /** What answers for the view now; empty when nothing does. One Get. */
  public Optional<Snapshot> read(String view) throws IOException {
    Result result =
        get(new Get(Bytes.toBytes(view)).addColumn(FAMILY, POINTER).addFamily(PROGRESS));
    return pointer(result)
        .map(
            row ->
                new Snapshot(
                    row,
                    row.generation().map(g -> progress(result, g.number())).orElse(Progress.NONE)));
  }

  /**
   * What answers now and every generation with its progress: what a flip is decided on. One Get.
   */
  public PublishedRow.Known known(String view) throws IOException {
    Result result = get(new Get(Bytes.toBytes(view)));
    Map<Generation, Progress> generations = new HashMap<>();
    generations(result).forEach(g -> generations.put(g, progress(result, g.number())));
    return new PublishedRow.Known(pointer(result), generations);
  }

  /** All that is noted of a view. One Get. */
  public Catalog catalog(String view) throws IOException {
    Result result = get(new Get(Bytes.toBytes(view)));
    Map<Generation, Progress> progress = new HashMap<>();
    generations(result).forEach(g -> progress.put(g, progress(result, g.number())));
    PublishedRow.Known known = new PublishedRow.Known(pointer(result), progress);
    List<Catalog.CatalogVersion> versions =
        versions(result).stream()
            .map(
                v ->
                    new Catalog.CatalogVersion(
                        v,
                        written(result, ANSWERS + VERSION + v.number()),
                        written(result, LEFT + VERSION + v.number()),
                        Optional.ofNullable(
                                result.getValue(FAMILY, Bytes.toBytes(VERDICT + v.number())))
                            .map(Bytes::toString)))
            .toList();
    Map<Long, Instant> left = new HashMap<>();
    for (Generation generation : known.generations().keySet()) {
      written(result, LEFT + GENERATION + generation.number())
          .ifPresent(time -> left.put(generation.number(), time));
    }
    return new Catalog(view, known, versions, asOfVersions(result), left, tables(result));
  }

  private static List<Version> asOfVersions(Result result) {
    return catalog(result, AS_OF).stream()
        .map(Version::fromJson)
        .sorted((a, b) -> Long.compare(a.number(), b.number()))
        .toList();
  }

  private static Set<String> tables(Result result) {
    NavigableMap<byte[], byte[]> family = result.getFamilyMap(FAMILY);
    return family == null
        ? Set.of()
        : family.values().stream()
            .flatMap(value -> NAMED_TABLE.matcher(Bytes.toString(value)).results())
            .map(match -> match.group(1))
            .collect(Collectors.toSet());
  }

  private static Optional<Instant> written(Result result, String qualifier) {
    return Optional.ofNullable(result.getColumnLatestCell(FAMILY, Bytes.toBytes(qualifier)))
        .map(cell -> Instant.ofEpochMilli(cell.getTimestamp()));
  }

  /** Notes what the gate found of a version. */
  public void putVerdict(String view, long version, String json) throws IOException {
    Put put =
        new Put(Bytes.toBytes(view))
            .addColumn(FAMILY, Bytes.toBytes(VERDICT + version), Bytes.toBytes(json));
    try (Table table = connection.getTable(TABLE)) {
      table.put(put);
    }
  }

  /**
   * Takes versions and generations out of the catalog, if {@code current} still stands. It counts
   * as a flip, so that nobody who decided before publishes one of them.
   *
   * @param current empty while nothing answers
   * @return false when another row stands there: read again and decide again
   */
  public boolean forget(
      String view, Optional<PublishedRow> current, List<Long> versions, List<Long> generations)
      throws IOException {
    byte[] row = Bytes.toBytes(view);
    RowMutations mutations = new RowMutations(row);
    CheckAndMutate.Builder check = CheckAndMutate.newBuilder(row);
    if (current.isPresent()) {
      PublishedRow was = current.get();
      check.ifEquals(FAMILY, FLIPS, Bytes.toBytes(was.flips()));
      Mutation counted =
          pointer(new PublishedRow(view, was.flips() + 1, was.version(), was.generation()));
      mutations.add(counted);
    } else {
      check.ifNotExists(FAMILY, FLIPS);
    }
    Delete delete = new Delete(row);
    for (long version : versions) {
      for (String prefix : List.of(VERSION, AS_OF, VERDICT, ANSWERS + VERSION, LEFT + VERSION)) {
        delete.addColumns(FAMILY, Bytes.toBytes(prefix + version));
      }
    }
    Result progress = get(new Get(row).addFamily(PROGRESS));
    for (long generation : generations) {
      delete.addColumns(FAMILY, Bytes.toBytes(GENERATION + generation));
      delete.addColumns(FAMILY, Bytes.toBytes(LEFT + GENERATION + generation));
      delete.addColumns(FAMILY, Bytes.toBytes(FAILING + generation));
      for (int partition : progress(progress, generation).applied().keySet()) {
        delete.addColumns(PROGRESS, Bytes.toBytes(generation + "." + partition));
      }
    }
    Mutation forgotten = delete;
    mutations.add(forgotten);
    try (Table table = connection.getTable(TABLE)) {
      return table.checkAndMutate(check.build(mutations)).isSuccess();
    }
  }

  private static Put pointer(PublishedRow row) {
    return new Put(Bytes.toBytes(row.view()))
        .addColumn(FAMILY, FLIPS, Bytes.toBytes(row.flips()))
        .addColumn(FAMILY, POINTER, Bytes.toBytes(row.toJson()));
  }

  /** Names of the views that have a row; none before the table is made. */
  public List<String> views() throws IOException {
    List<String> views = new ArrayList<>();
    try (Table table = connection.getTable(TABLE);
        ResultScanner scanner = table.getScanner(new Scan().addColumn(FAMILY, POINTER))) {
      for (Result row = scanner.next(); row != null; row = scanner.next()) {
        views.add(Bytes.toString(row.getRow()));
      }
    } catch (TableNotFoundException e) {
      return List.of();
    }
    return views;
  }

  /**
   * Puts {@code after} where {@code before} stands, while the catalog has its version.
   *
   * @return false when something else stands there, or the version was forgotten: read again and
   *     decide again
   */
  public boolean compareAndSet(Optional<PublishedRow> before, PublishedRow after)
      throws IOException {
    byte[] row = Bytes.toBytes(after.view());
    CheckAndMutate.Builder check = CheckAndMutate.newBuilder(row);
    if (after.version().isPresent()) {
      // Where nothing answers, a version is forgotten without a flip.
      byte[] version = Bytes.toBytes(VERSION + after.version().get().number());
      check.ifMatches(new FilterList(flipsOf(before), exists(version)));
    } else if (before.isPresent()) {
      check.ifEquals(FAMILY, FLIPS, Bytes.toBytes(before.get().flips()));
    } else {
      check.ifNotExists(FAMILY, FLIPS);
    }
    if (after.flips() != before.map(PublishedRow::flips).orElse(0L) + 1) {
      throw new IllegalArgumentException("flip " + after.flips() + " does not follow " + before);
    }
    Put put = pointer(after);
    // Whom the flip takes the answers from, and whom it gives them to; the region's clock says
    // when.
    Optional<Long> from = before.flatMap(PublishedRow::version).map(Version::number);
    Optional<Long> to = after.version().map(Version::number);
    if (!from.equals(to)) {
      from.ifPresent(n -> note(put, LEFT + VERSION + n));
      to.ifPresent(n -> note(put, ANSWERS + VERSION + n));
    }
    Optional<Long> fed = before.flatMap(PublishedRow::generation).map(Generation::number);
    if (!fed.equals(after.generation().map(Generation::number))) {
      fed.ifPresent(n -> note(put, LEFT + GENERATION + n));
    }
    try (Table table = connection.getTable(TABLE)) {
      return table.checkAndMutate(check.build(put)).isSuccess();
    }
  }

  private static Filter flipsOf(Optional<PublishedRow> before) {
    byte[] flips = before.map(b -> Bytes.toBytes(b.flips())).orElse(HConstants.EMPTY_BYTE_ARRAY);
    SingleColumnValueFilter filter =
        new SingleColumnValueFilter(FAMILY, FLIPS, CompareOperator.EQUAL, flips);
    // No flip is written as nothing: it passes only where there is none.
    filter.setFilterIfMissing(before.isPresent());
    return filter;
  }

  private static Filter exists(byte[] qualifier) {
    SingleColumnValueFilter filter =
        new SingleColumnValueFilter(
            FAMILY, qualifier, CompareOperator.NOT_EQUAL, HConstants.EMPTY_BYTE_ARRAY);
    filter.setFilterIfMissing(true);
    return filter;
  }

  private static void note(Put put, String qualifier) {
    put.addColumn(FAMILY, Bytes.toBytes(qualifier), HConstants.EMPTY_BYTE_ARRAY);
  }

  /** All versions of all views, published or not; none before the table is made. */
  public List<Version> versions() throws IOException {
    List<Version> versions = new ArrayList<>();
    try (Table table = connection.getTable(TABLE);
        ResultScanner scanner = table.getScanner(new Scan().addFamily(FAMILY))) {
      for (Result row = scanner.next(); row != null; row = scanner.next()) {
        catalog(row, VERSION).forEach(json -> versions.add(Version.fromJson(json)));
      }
    } catch (TableNotFoundException e) {
      return List.of();
    }
    return versions;
  }

  /** All versions that are complete, by number. */
  public List<Version> versions(String view) throws IOException {
    return versions(get(new Get(Bytes.toBytes(view)).addFamily(FAMILY)));
  }

  private static List<Version> versions(Result result) {
    return catalog(result, VERSION).stream()
        .map(Version::fromJson)
        .sorted((a, b) -> Long.compare(a.number(), b.number()))
        .toList();
  }

  /** All versions of a moment in the past, by number: complete, and never to be published. */
  public List<Version> asOfVersions(String view) throws IOException {
    return asOfVersions(get(new Get(Bytes.toBytes(view)).addFamily(FAMILY)));
  }

  /** A complete version by its number, of the past or not; empty when there is none. */
  public Optional<Version> version(String view, long number) throws IOException {
    Result result = get(new Get(Bytes.toBytes(view)).addFamily(FAMILY));
    return Stream.of(VERSION, AS_OF)
        .map(prefix -> result.getValue(FAMILY, Bytes.toBytes(prefix + number)))
        .filter(Objects::nonNull)
        .map(json -> Version.fromJson(Bytes.toString(json)))
        .findFirst();
  }

  /** All generations, by number. */
  public List<Generation> generations(String view) throws IOException {
    return generations(get(new Get(Bytes.toBytes(view)).addFamily(FAMILY)));
  }

  /**
   * Gives out the next number of a version, which no version of the view has ever had, and notes
   * who makes it. Of callers at once each gets a number of its own.
   *
   * @param run says of the maker whether it is still at work, to whoever asks {@link #making}
   */
  public long beginVersion(String view, String run) throws IOException {
    byte[] row = Bytes.toBytes(view);
    while (true) {
      Result result = get(new Get(row).addFamily(FAMILY));
      byte[] last = result.getValue(FAMILY, LAST_VERSION);
      long number = last(result) + 1;
      Put put =
          new Put(row)
              .addColumn(FAMILY, LAST_VERSION, Bytes.toBytes(number))
              .addColumn(FAMILY, Bytes.toBytes(MAKING + number), Bytes.toBytes(run));
      CheckAndMutate.Builder check = CheckAndMutate.newBuilder(row);
      if (last == null) {
        check.ifNotExists(FAMILY, LAST_VERSION);
      } else {
        check.ifEquals(FAMILY, LAST_VERSION, last);
      }
      try (Table table = connection.getTable(TABLE)) {
        if (table.checkAndMutate(check.build(put)).isSuccess()) {
          return number;
        }
      }
    }
  }

  /** Versions that are being made, or were by runs that are no more: by number, by whom. */
  public Map<Long, String> making(String view) throws IOException {
    Result result = get(new Get(Bytes.toBytes(view)).addFamily(FAMILY));
    Map<Long, String> making = new TreeMap<>();
    NavigableMap<byte[], byte[]> family = result.getFamilyMap(FAMILY);
    if (family != null) {
      family.forEach(
          (qualifier, run) -> {
            String name = Bytes.toString(qualifier);
            if (name.startsWith(MAKING)) {
              making.put(Long.valueOf(name.substring(MAKING.length())), Bytes.toString(run));
            }
          });
    }
    return making;
  }

  /**
   * Takes a version over that another run has begun: from then on that one cannot complete it.
   *
   * @return false when it is complete, or was given up or taken over before
   */
  public boolean takeOverVersion(String view, long number, String from, String to)
      throws IOException {
    byte[] making = Bytes.toBytes(MAKING + number);
    return whereMaking(
        view,
        number,
        from,
        new Put(Bytes.toBytes(view)).addColumn(FAMILY, making, Bytes.toBytes(to)));
  }

  /** Gives up a version that this run has begun; nobody completes it any more. */
  public boolean abandonVersion(String view, long number, String run) throws IOException {
    byte[] making = Bytes.toBytes(MAKING + number);
    return whereMaking(
        view, number, run, new Delete(Bytes.toBytes(view)).addColumns(FAMILY, making));
  }

  private boolean whereMaking(String view, long number, String run, Mutation then)
      throws IOException {
    CheckAndMutate.Builder check =
        CheckAndMutate.newBuilder(Bytes.toBytes(view))
            .ifEquals(FAMILY, Bytes.toBytes(MAKING + number), Bytes.toBytes(run));
    CheckAndMutate mutation =
        then instanceof Put put ? check.build(put) : check.build((Delete) then);
    try (Table table = connection.getTable(TABLE)) {
      return table.checkAndMutate(mutation).isSuccess();
    }
  }

  /**
   * Enters a version that this run has begun and whose table is complete.
   *
   * @param asOf whether it is of a moment in the past: {@link #versions} does not know it then, so
   *     that nothing publishes it
   * @throws IOException when it was given up meanwhile
   */
  public void completeVersion(Version version, String run, boolean asOf) throws IOException {
    String view = version.shape().name();
    byte[] row = Bytes.toBytes(view);
    byte[] making = Bytes.toBytes(MAKING + version.number());
    Mutation entered =
        new Put(row)
            .addColumn(
                FAMILY,
                Bytes.toBytes((asOf ? AS_OF : VERSION) + version.number()),
                Bytes.toBytes(version.toJson()));
    RowMutations mutations = new RowMutations(row);
    mutations.add(entered);
    Mutation made = new Delete(row).addColumns(FAMILY, making);
    mutations.add(made);
    boolean done;
    try (Table table = connection.getTable(TABLE)) {
      done =
          table
              .checkAndMutate(
                  CheckAndMutate.newBuilder(row)
                      .ifEquals(FAMILY, making, Bytes.toBytes(run))
                      .build(mutations))
              .isSuccess();
    }
    // A client that had no answer asks again, and finds what it has done.
    if (!done && !version(view, version.number()).equals(Optional.of(version))) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Version %d of view %s was taken for left behind by a killed run (lambda.lease)",
              version.number(),
              view));
    }
  }

  /** The greatest number that any version was given, be it gone; 0 for none. */
  public long lastVersion(String view) throws IOException {
    return last(get(new Get(Bytes.toBytes(view)).addFamily(FAMILY)));
  }

  private static long last(Result result) {
    byte[] last = result.getValue(FAMILY, LAST_VERSION);
    return Stream.of(versions(result), asOfVersions(result))
        .flatMap(List::stream)
        .mapToLong(Version::number)
        .reduce(last == null ? 0 : Bytes.toLong(last), Math::max);
  }

  /** Enters a version whose table is complete; fails when its number is taken. */
  public void addVersion(Version version) throws IOException {
    if (!addToCatalog(version.shape().name(), VERSION + version.number(), version.toJson())) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "version %d of view %s is in the catalog already",
              version.number(),
              version.shape().name()));
    }
  }

  /**
   * Enters a new generation under the next free number, which belongs to the caller alone.
   *
   * @param make the generation of a number
   */
  public Generation openGeneration(String view, LongFunction<Generation> make) throws IOException {
    while (true) {
      long last = generations(view).stream().mapToLong(Generation::number).max().orElse(0);
      Generation generation = make.apply(last + 1);
      if (addToCatalog(view, GENERATION + generation.number(), generation.toJson())) {
        return generation;
      }
    }
  }

  /**
   * Says that every record of the partition before the offset is in the generation's cells,
   * durably.
   */
  public void putProgress(String view, long generation, Map<Integer, Progress.Applied> applied)
      throws IOException {
    if (applied.isEmpty()) {
      return;
    }
    Put put = new Put(Bytes.toBytes(view));
    applied.forEach(
        (partition, a) ->
            put.addColumn(
                PROGRESS,
                Bytes.toBytes(generation + "." + partition),
                a.offset() + 1,
                ByteBuffer.allocate(2 * Long.BYTES)
                    .putLong(a.offset())
                    .putLong(a.logTimeMillis())
                    .array()));
    try (Table table = connection.getTable(TABLE)) {
      table.put(put);
    }
  }

  /** Says that the job which fills the generation fails, or that it does so no more. */
  public void putFailing(String view, long generation, Optional<Failing> failing)
      throws IOException {
    byte[] row = Bytes.toBytes(view);
    byte[] qualifier = Bytes.toBytes(FAILING + generation);
    try (Table table = connection.getTable(TABLE)) {
      if (failing.isPresent()) {
        table.put(new Put(row).addColumn(FAMILY, qualifier, Bytes.toBytes(failing.get().toJson())));
      } else {
        table.delete(new Delete(row).addColumns(FAMILY, qualifier));
      }
    }
  }

  /** Empty while the job which fills the generation does well, or nobody follows it. */
  public Optional<Failing> failing(String view, long generation) throws IOException {
    byte[] qualifier = Bytes.toBytes(FAILING + generation);
    byte[] json =
        get(new Get(Bytes.toBytes(view)).addColumn(FAMILY, qualifier)).getValue(FAMILY, qualifier);
    return json == null ? Optional.empty() : Optional.of(Failing.fromJson(Bytes.toString(json)));
  }

  private boolean addToCatalog(String view, String qualifier, String json) throws IOException {
    byte[] row = Bytes.toBytes(view);
    Put put = new Put(row).addColumn(FAMILY, Bytes.toBytes(qualifier), Bytes.toBytes(json));
    try (Table table = connection.getTable(TABLE)) {
      return table
          .checkAndMutate(
              CheckAndMutate.newBuilder(row)
                  .ifNotExists(FAMILY, Bytes.toBytes(qualifier))
                  .build(put))
          .isSuccess();
    }
  }

  private Result get(Get get) throws IOException {
    try (Table table = connection.getTable(TABLE)) {
      return table.get(get);
    }
  }

  private static Optional<PublishedRow> pointer(Result result) {
    return Optional.ofNullable(result.getValue(FAMILY, POINTER))
        .map(json -> PublishedRow.fromJson(Bytes.toString(json)));
  }

  private static List<Generation> generations(Result result) {
    return catalog(result, GENERATION).stream()
        .map(Generation::fromJson)
        .sorted((a, b) -> Long.compare(a.number(), b.number()))
        .toList();
  }

  private static List<String> catalog(Result result, String prefix) {
    NavigableMap<byte[], byte[]> family = result.getFamilyMap(FAMILY);
    if (family == null) {
      return List.of();
    }
    return family.entrySet().stream()
        .filter(e -> new String(e.getKey(), StandardCharsets.UTF_8).startsWith(prefix))
        .map(e -> Bytes.toString(e.getValue()))
        .toList();
  }

  private static Progress progress(Result result, long generation) {
    NavigableMap<byte[], byte[]> family = result.getFamilyMap(PROGRESS);
    Map<Integer, Progress.Applied> applied = new TreeMap<>();
    if (family != null) {
      String prefix = generation + ".";
      family.forEach(
          (qualifier, value) -> {
            String name = Bytes.toString(qualifier);
            if (name.startsWith(prefix)) {
              ByteBuffer buffer = ByteBuffer.wrap(value);
              applied.put(
                  Integer.valueOf(name.substring(prefix.length())),
                  new Progress.Applied(buffer.getLong(), buffer.getLong()));
            }
          });
    }
    return new Progress(applied);
  }
}
