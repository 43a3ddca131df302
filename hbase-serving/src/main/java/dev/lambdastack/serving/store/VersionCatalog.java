package dev.lambdastack.serving.store;

import static dev.lambdastack.serving.store.PublishedTable.ANSWERS;
import static dev.lambdastack.serving.store.PublishedTable.AS_OF;
import static dev.lambdastack.serving.store.PublishedTable.FAILING;
import static dev.lambdastack.serving.store.PublishedTable.FAMILY;
import static dev.lambdastack.serving.store.PublishedTable.GENERATION;
import static dev.lambdastack.serving.store.PublishedTable.LAST_VERSION;
import static dev.lambdastack.serving.store.PublishedTable.LEFT;
import static dev.lambdastack.serving.store.PublishedTable.PROGRESS;
import static dev.lambdastack.serving.store.PublishedTable.VERDICT;
import static dev.lambdastack.serving.store.PublishedTable.VERSION;
import static dev.lambdastack.serving.store.PublishedTable.numbered;

import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.client.CheckAndMutate;
import org.apache.hadoop.hbase.client.Delete;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Mutation;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.RowMutations;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.util.Bytes;

/** The versions and generations that each view has, whether they answer or not. */
public final class VersionCatalog {
  private final PublishedTable table;

  VersionCatalog(PublishedTable table) {
    this.table = table;
  }

  /** All that is noted of a view. One Get. */
  public Catalog of(String view) throws IOException {
    PublishedColumns columns = table.read(view);
    PublishedRow.Known known = columns.known();
    List<Catalog.CatalogVersion> versions =
        columns.versions().stream().map(version -> entry(version, columns)).toList();

    Map<Long, Instant> left = new HashMap<>();
    for (Generation generation : known.generations().keySet()) {
      columns
          .written(LEFT + GENERATION, generation.number())
          .ifPresent(time -> left.put(generation.number(), time));
    }
    return new Catalog(view, known, versions, columns.pastVersions(), left, columns.tables());
  }

  private static Catalog.CatalogVersion entry(Version version, PublishedColumns columns) {
    long number = version.number();
    return new Catalog.CatalogVersion(
        version,
        columns.written(ANSWERS + VERSION, number),
        columns.written(LEFT + VERSION, number),
        columns.text(VERDICT, number));
  }

  /** All versions of all views, published or not; none before the table is made. */
  public List<Version> versions() throws IOException {
    List<Version> versions = new ArrayList<>();
    table.scan(
        new Scan().addFamily(FAMILY), (view, columns) -> versions.addAll(columns.versions()));
    return versions;
  }

  /** All versions that are complete, by number. */
  public List<Version> versions(String view) throws IOException {
    return entries(view).versions();
  }

  /** All versions of a moment in the past, by number: complete, and never to be published. */
  public List<Version> pastVersions(String view) throws IOException {
    return entries(view).pastVersions();
  }

  /** A complete version by its number, of the past or not; empty when there is none. */
  public Optional<Version> version(String view, long number) throws IOException {
    return entries(view).version(number);
  }

  /** All generations, by number. */
  public List<Generation> generations(String view) throws IOException {
    return entries(view).generations();
  }

  private PublishedColumns entries(String view) throws IOException {
    return table.read(new Get(Bytes.toBytes(view)).addFamily(FAMILY));
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
      byte[] row = Bytes.toBytes(view);
      byte[] qualifier = numbered(GENERATION, generation.number());
      Put put = new Put(row).addColumn(FAMILY, qualifier, Bytes.toBytes(generation.toJson()));
      if (table.checkAndMutate(
          CheckAndMutate.newBuilder(row).ifNotExists(FAMILY, qualifier).build(put))) {
        return generation;
      }
    }
  }

  /**
   * Enters a version that another cluster had published, and lets it answer without a speed
   * generation. What an earlier restore of it has entered stays.
   *
   * @param lastVersion the greatest number that a version of the view was ever given there
   * @param verdict what the gate found of it, as JSON
   * @throws LostRaceException when something else answers for the view
   */
  public void restore(Version version, long lastVersion, Optional<String> verdict)
      throws IOException {
    String view = version.shape().name();
    long number = version.number();
    PublishedRow answers = new PublishedRow(view, 1, Optional.of(version), Optional.empty());
    Put put =
        PublishedPointer.put(answers)
            .addColumn(FAMILY, numbered(VERSION, number), Bytes.toBytes(version.toJson()))
            .addColumn(FAMILY, LAST_VERSION, Bytes.toBytes(lastVersion))
            .addColumn(FAMILY, numbered(ANSWERS + VERSION, number), HConstants.EMPTY_BYTE_ARRAY);
    verdict.ifPresent(v -> put.addColumn(FAMILY, numbered(VERDICT, number), Bytes.toBytes(v)));

    CheckAndMutate.Builder check = CheckAndMutate.newBuilder(Bytes.toBytes(view));
    PublishedPointer.ifStands(check, Optional.empty());
    if (!table.checkAndMutate(check.build(put))
        && !entries(view).pointer().equals(Optional.of(answers))) {
      throw new LostRaceException(
          "Cannot restore view %s: something else was published for it meanwhile".formatted(view));
    }
  }

  /** Notes what the gate found of a version. */
  public void putVerdict(String view, long version, String json) throws IOException {
    table.put(
        new Put(Bytes.toBytes(view))
            .addColumn(FAMILY, numbered(VERDICT, version), Bytes.toBytes(json)));
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
    CheckAndMutate.Builder check = CheckAndMutate.newBuilder(row);
    PublishedPointer.ifStands(check, current);

    RowMutations mutations = new RowMutations(row);
    if (current.isPresent()) {
      PublishedRow was = current.get();
      Mutation counted =
          PublishedPointer.put(
              new PublishedRow(view, was.flips() + 1, was.version(), was.generation()));
      mutations.add(counted);
    }
    Mutation forgotten = deletion(view, versions, generations);
    mutations.add(forgotten);
    return table.checkAndMutate(check.build(mutations));
  }

  private Delete deletion(String view, List<Long> versions, List<Long> generations)
      throws IOException {
    byte[] row = Bytes.toBytes(view);
    Delete delete = new Delete(row);
    for (long version : versions) {
      for (String prefix : List.of(VERSION, AS_OF, VERDICT, ANSWERS + VERSION, LEFT + VERSION)) {
        delete.addColumns(FAMILY, numbered(prefix, version));
      }
    }

    PublishedColumns progress = table.read(new Get(row).addFamily(PROGRESS));
    for (long generation : generations) {
      for (String prefix : List.of(GENERATION, LEFT + GENERATION, FAILING)) {
        delete.addColumns(FAMILY, numbered(prefix, generation));
      }
      for (int partition : progress.progress(generation).applied().keySet()) {
        delete.addColumns(PROGRESS, GenerationProgress.qualifier(generation, partition));
      }
    }
    return delete;
  }
}
