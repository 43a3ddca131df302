package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LostRaceException;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.hbase.Cell;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Table;

/**
 * Drops what no answer needs any more: versions beyond those that are kept, speed generations that
 * only they could need, and tables that killed runs have left. Never what answers, nor what a query
 * may still read.
 */
public final class Cleanup {
  private static final int TRIES = 20;

  private final LambdaConfig config;
  private final Clock clock;

  /**
   * What went, or would go.
   *
   * @param leftovers tables that no catalog lists
   */
  public record Cleaned(
      List<Version> versions, List<Generation> generations, List<String> leftovers) {
    public boolean isEmpty() {
      return versions.isEmpty() && generations.isEmpty() && leftovers.isEmpty();
    }
  }

  public Cleanup(LambdaConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  /** What {@link #run} would drop now. */
  public Cleaned plan(String view) throws IOException {
    return run(view, true);
  }

  /** Drops it: first from the catalog, so that nobody publishes it any more, then the tables. */
  public Cleaned run(String view) throws IOException {
    return run(view, false);
  }

  private Cleaned run(String view, boolean dry) throws IOException {
    try (Connection connection = HBaseConnector.connectForWork(config);
        Admin admin = connection.getAdmin()) {
      PublishedTable store = new PublishedTable(connection);
      CleanupPlan plan = dry ? plan(store.catalog().of(view)) : forget(store, view);

      // Tables before the catalog: what is entered in between is found there.
      List<TableName> tables = List.of(admin.listTableNames());
      List<String> leftovers = leftovers(connection, tables, store.catalog().of(view), plan);
      if (!leftovers.isEmpty() && !admin.tableExists(PublishedTable.NAME)) {
        throw new InvalidInputException(
            "Cannot clean up view %s: the table %s, which says what answers, is missing, and tables of the view are there (%s); restore it first"
                .formatted(view, PublishedTable.NAME, String.join(", ", leftovers)));
      }

      if (!dry) {
        for (String table : tables(plan, leftovers)) {
          ViewTables.drop(admin, TableName.valueOf(table));
        }
      }

      return new Cleaned(plan.versions(), plan.generations(), leftovers);
    }
  }

  private static List<String> tables(CleanupPlan plan, List<String> leftovers) {
    return Stream.of(
            plan.versions().stream().map(Version::table),
            plan.generations().stream().map(Generation::table),
            leftovers.stream())
        .flatMap(s -> s)
        .toList();
  }

  private CleanupPlan plan(Catalog catalog) {
    return CleanupPlan.of(
        catalog,
        new CleanupPlan.Terms(
            config.cleanup().keep(),
            Publish.readersWait(config),
            config.cleanup().keepPast(),
            config.cleanup().grace(),
            clock.instant()));
  }

  private CleanupPlan forget(PublishedTable store, String view) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      Catalog catalog = store.catalog().of(view);
      CleanupPlan plan = plan(catalog);
      if (plan.isEmpty()
          || store
              .catalog()
              .forget(
                  view,
                  catalog.known().current(),
                  plan.versions().stream().map(Version::number).toList(),
                  plan.generations().stream().map(Generation::number).toList())) {
        return plan;
      }
    }

    throw new LostRaceException(
        String.format(
            Locale.ROOT,
            "The published row of view %s changed %d times while it was to be cleaned up",
            view,
            TRIES));
  }

  /** Tables of the view that neither the catalog nor the plan names, older than the grace. */
  private List<String> leftovers(
      Connection connection, List<TableName> tables, Catalog catalog, CleanupPlan plan)
      throws IOException {
    Set<String> listed = new HashSet<>(catalog.tables());
    listed.addAll(tables(plan, List.of()));
    Pattern ours =
        Pattern.compile(
            Pattern.quote(ViewTables.NAMESPACE + ":" + catalog.view()) + "\\.(v|speed\\.g)[0-9]+");

    Instant before = clock.instant().minus(config.cleanup().grace());
    List<String> leftovers = new ArrayList<>();
    for (TableName table : tables) {
      String name = table.getNameAsString();
      if (ours.matcher(name).matches()
          && !listed.contains(name)
          && touched(connection, table).isBefore(before)) {
        leftovers.add(name);
      }
    }

    return leftovers;
  }

  /** When the table was created, enabled or disabled last: HBase notes no other time of it. */
  private static Instant touched(Connection connection, TableName table) throws IOException {
    try (Table meta = connection.getTable(TableName.META_TABLE_NAME)) {
      Cell state =
          meta.get(new Get(table.getName()).addFamily(HConstants.TABLE_FAMILY))
              .getColumnLatestCell(HConstants.TABLE_FAMILY, HConstants.TABLE_STATE_QUALIFIER);
      return state == null ? Instant.MAX : Instant.ofEpochMilli(state.getTimestamp());
    }
  }
}
