package dev.lambdastack.serving.store;

import static dev.lambdastack.serving.store.PublishedTable.AS_OF;
import static dev.lambdastack.serving.store.PublishedTable.FAMILY;
import static dev.lambdastack.serving.store.PublishedTable.LAST_VERSION;
import static dev.lambdastack.serving.store.PublishedTable.MAKING;
import static dev.lambdastack.serving.store.PublishedTable.VERSION;
import static dev.lambdastack.serving.store.PublishedTable.numbered;

import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.hbase.client.CheckAndMutate;
import org.apache.hadoop.hbase.client.Delete;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Mutation;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.RowMutations;
import org.apache.hadoop.hbase.util.Bytes;

/**
 * Which run makes which version. A number is given once, and of several runs only the one that is
 * noted for it can complete it: a run that was taken for dead is fenced off.
 */
public final class VersionRuns {
  private final PublishedTable table;

  VersionRuns(PublishedTable table) {
    this.table = table;
  }

  private PublishedColumns entries(String view) throws IOException {
    return table.read(new Get(Bytes.toBytes(view)).addFamily(FAMILY));
  }

  /**
   * Gives out the next number of a version, which no version of the view has ever had, and notes
   * who makes it. Of callers at once each gets a number of its own.
   *
   * @param run says of the maker whether it is still at work, to whoever asks {@link #making}
   */
  public long begin(String view, String run) throws IOException {
    byte[] row = Bytes.toBytes(view);
    while (true) {
      PublishedColumns columns = entries(view);
      long number = columns.lastVersion() + 1;

      CheckAndMutate.Builder check = CheckAndMutate.newBuilder(row);
      byte[] last = columns.lastVersionCell();
      if (last == null) {
        check.ifNotExists(FAMILY, LAST_VERSION);
      } else {
        check.ifEquals(FAMILY, LAST_VERSION, last);
      }

      Put put =
          new Put(row)
              .addColumn(FAMILY, LAST_VERSION, Bytes.toBytes(number))
              .addColumn(FAMILY, numbered(MAKING, number), Bytes.toBytes(run));
      if (table.checkAndMutate(check.build(put))) {
        return number;
      }
    }
  }

  /** Versions that are being made, or were by runs that are no more: by number, by whom. */
  public Map<Long, String> making(String view) throws IOException {
    return entries(view).making();
  }

  /** The greatest number that any version was given, be it gone; 0 for none. */
  public long lastVersion(String view) throws IOException {
    return entries(view).lastVersion();
  }

  /**
   * Takes a version over that another run has begun: from then on that one cannot complete it.
   *
   * @return false when it is complete, or was given up or taken over before
   */
  public boolean takeOver(String view, long number, String from, String to) throws IOException {
    Put taken =
        new Put(Bytes.toBytes(view)).addColumn(FAMILY, numbered(MAKING, number), Bytes.toBytes(to));
    return table.checkAndMutate(ifMadeBy(view, number, from).build(taken));
  }

  /** Gives up a version that this run has begun; nobody completes it any more. */
  public boolean abandon(String view, long number, String run) throws IOException {
    return table.checkAndMutate(ifMadeBy(view, number, run).build(unmade(view, number)));
  }

  private static Delete unmade(String view, long number) {
    return new Delete(Bytes.toBytes(view)).addColumns(FAMILY, numbered(MAKING, number));
  }

  private static CheckAndMutate.Builder ifMadeBy(String view, long number, String run) {
    return CheckAndMutate.newBuilder(Bytes.toBytes(view))
        .ifEquals(FAMILY, numbered(MAKING, number), Bytes.toBytes(run));
  }

  /**
   * Enters a version that this run has begun and whose table is complete.
   *
   * @throws LostRaceException when another run has taken it over meanwhile
   */
  public void complete(Version version, String run) throws IOException {
    complete(version, run, VERSION);
  }

  /**
   * {@link #complete} of a version of a moment in the past: {@link VersionCatalog#versions} does
   * not know it, so nothing publishes it.
   */
  public void completePast(Version version, String run) throws IOException {
    complete(version, run, AS_OF);
  }

  private void complete(Version version, String run, String prefix) throws IOException {
    String view = version.shape().name();
    long number = version.number();
    byte[] row = Bytes.toBytes(view);
    Mutation entered =
        new Put(row).addColumn(FAMILY, numbered(prefix, number), Bytes.toBytes(version.toJson()));
    Mutation made = unmade(view, number);
    RowMutations mutations = new RowMutations(row);
    mutations.add(entered);
    mutations.add(made);
    if (table.checkAndMutate(ifMadeBy(view, number, run).build(mutations))) {
      return;
    }

    // A client that had no answer asks again, and finds what it has done.
    if (!entries(view).version(number).equals(Optional.of(version))) {
      throw new LostRaceException(
          String.format(
              Locale.ROOT,
              "Version %d of view %s was taken over by another run, which held this one for dead (no heartbeat for lambda.lease)",
              number,
              view));
    }
  }
}
