package dev.lambdastack.batch.publish;

import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.HBaseConnector;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.UnavailableException;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.HandoffException;
import dev.lambdastack.views.handoff.LostOffsets;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;

/**
 * Makes a complete version answer once the gate has let it pass, goes back to one, or throws one
 * away. One compare-and-set moves version, table, horizon and speed generation together; a reader
 * sees the old ones or the new ones.
 */
public final class Publish {
  private final LambdaConfig config;
  private final Clock clock;

  public Publish(LambdaConfig config, Clock clock) {
    this.config = config;
    this.clock = clock;
  }

  /** Publishes the newest complete version; what answers now. */
  public PublishedRow run(String view) throws IOException, InterruptedException {
    return publish(view, OptionalLong.empty()).after();
  }

  /**
   * Publishes a version that the gate lets pass; again is harmless. What the gate found is noted
   * with the version.
   *
   * @param number empty for the newest complete one
   * @throws InvalidInputException when there is no such version
   * @throws UnavailableException when HBase does not answer
   * @throws HandoffException when answers would miss events or step back; nothing has changed then
   * @throws HeldException when the gate holds it; what answered before still does
   */
  public Flip publish(String view, OptionalLong number) throws IOException, InterruptedException {
    return publish(view, number, false);
  }

  /**
   * What a publication would come to.
   *
   * @param before the version that answers now
   * @param version what would be published; {@code before} where that is the newest, empty where no
   *     version is complete
   * @param report what the gate finds of it; empty where it answers already
   * @param terms what the gate would hold a version for that is not there yet
   */
  public record Plan(
      String view,
      Optional<Version> before,
      Optional<Version> version,
      Optional<GateReport> report,
      List<String> terms) {}

  /** What {@link #publish} would do now with the newest version; nothing is noted. */
  public Plan plan(String view) throws IOException, InterruptedException {
    try (Connection connection = HBaseConnector.connectForWork(config)) {
      Catalog catalog = new PublishedTable(connection).catalog().of(view);
      Optional<Version> before = catalog.published();
      Gate gate = Gate.of(config);
      if (catalog.versions().isEmpty()) {
        return new Plan(view, before, Optional.empty(), Optional.empty(), gate.terms(before));
      }

      Version version = Pointer.version(catalog, OptionalLong.empty());
      if (before.equals(Optional.of(version))) {
        return new Plan(view, before, before, Optional.empty(), gate.terms(before));
      }

      checkTables(connection, next(catalog, version));
      GateReport report =
          gate.judge(
              version,
              before,
              rolledBack(catalog, version),
              takenAway(catalog, version),
              drift(connection, catalog, version));
      return new Plan(view, before, Optional.of(version), Optional.of(report), List.of());
    }
  }

  /** {@link #publish(String, OptionalLong)} of a version that the gate may hold. */
  public Flip force(String view, OptionalLong number) throws IOException, InterruptedException {
    return publish(view, number, true);
  }

  private Flip publish(String view, OptionalLong number, boolean force)
      throws IOException, InterruptedException {
    try (Connection connection = HBaseConnector.connectForWork(config)) {
      PublishedTable store = new PublishedTable(connection);
      return new Pointer(store, view)
          .flip(
              number,
              (catalog, version) -> {
                // What is refused is refused before the gate reads whole tables.
                checkTables(connection, next(catalog, version));

                GateReport report =
                    Gate.of(config)
                        .judge(
                            version,
                            catalog.published(),
                            rolledBack(catalog, version),
                            takenAway(catalog, version),
                            drift(connection, catalog, version));

                store.catalog().putVerdict(view, version.number(), report.toJson());
                if (report.isHeld() && !force) {
                  throw new HeldException(report);
                }

                return new Pointer.Next(next(catalog, version), Optional.of(report));
              });
    }
  }

  /** A row that names a table which somebody has dropped would let no query answer. */
  private static void checkTables(Connection connection, PublishedRow row) throws IOException {
    List<String> tables =
        Stream.concat(
                row.version().map(Version::table).stream(),
                row.generation().map(Generation::table).stream())
            .toList();

    try (Admin admin = connection.getAdmin()) {
      for (String table : tables) {
        TableName name = TableName.valueOf(table);
        if (!admin.tableExists(name) || !admin.isTableEnabled(name)) {
          throw new InvalidInputException(
              "Cannot let table %s answer: it was dropped, or is disabled; restore or enable it, or recompute the view"
                  .formatted(table));
        }
      }
    }
  }

  private LostOffsets takenAway(Catalog catalog, Version version) {
    return catalog
        .known()
        .current()
        .map(row -> row.takenAwayBy(version, clock.instant(), config.log().clockSkew()))
        .orElse(LostOffsets.NONE);
  }

  private PublishedRow next(Catalog catalog, Version version) {
    return PublishedRow.publish(
        catalog.known(), version, false, clock.instant(), config.log().clockSkew());
  }

  /**
   * Another version of a declaration that somebody rolled back from to one of another declaration:
   * what a schedule computes by it since is no better. A version that answered before is asked for
   * by its number, and by a person.
   */
  private static Optional<Version> rolledBack(Catalog catalog, Version version) {
    boolean answered =
        catalog.version(version.number()).flatMap(Catalog.CatalogVersion::answersSince).isPresent();
    boolean sameAsNow =
        catalog.published().map(p -> p.fingerprint().equals(version.fingerprint())).orElse(true);
    if (answered || sameAsNow) {
      return Optional.empty();
    }

    return catalog.versions().stream()
        .filter(catalog::isRolledBackFrom)
        .map(Catalog.CatalogVersion::version)
        .filter(v -> v.fingerprint().equals(version.fingerprint()))
        .findFirst();
  }

  private Gate.DriftCheck drift(Connection connection, Catalog catalog, Version version)
      throws IOException, InterruptedException {
    if (!config.gate().drift()) {
      return Gate.DriftCheck.none("not looked for (lambda.gate.drift=false)");
    }
    if (catalog.published().isEmpty()) {
      return Gate.DriftCheck.none("not looked for: no version answers yet");
    }

    Version before = catalog.published().get();
    if (!before.fingerprint().equals(version.fingerprint())
        || !before.epochLength().equals(version.epochLength())) {
      return Gate.DriftCheck.none(
          String.format(
              Locale.ROOT,
              "not looked for: version %d, which answers, is of another declaration",
              before.number()));
    }

    if (before.horizon().equals(version.horizon())) {
      return Gate.DriftCheck.of(new DriftScan(connection, before, version, Optional.empty()).run());
    }

    Optional<Generation> generation = holding(catalog, before, version);
    if (generation.isEmpty()) {
      return Gate.DriftCheck.none(
          String.format(
              Locale.ROOT,
              "not looked for: no speed generation holds all events between the horizons of versions %d and %d",
              before.number(),
              version.number()));
    }

    Drift drift = new DriftScan(connection, before, version, generation).run();
    // Cells that expired while they were read would look like drift.
    return holding(catalog, before, version).equals(generation)
        ? Gate.DriftCheck.of(drift)
        : Gate.DriftCheck.none("not told: speed cells may have expired while they were read");
  }

  private Optional<Generation> holding(Catalog catalog, Version before, Version version) {
    return PublishedRow.holding(
        catalog.known(), before, version, clock.instant(), config.log().clockSkew());
  }

  /**
   * Goes back to a version that answered before, with its horizon and a generation that reaches
   * back to it. The gate is not asked.
   *
   * @throws InvalidInputException when there is no such version, or it never answered
   * @throws UnavailableException when HBase does not answer
   * @throws HandoffException when speed cells no longer reach back; nothing has changed then
   */
  public Flip rollback(String view, long number) throws IOException, InterruptedException {
    try (Connection connection = HBaseConnector.connectForWork(config)) {
      return new Pointer(new PublishedTable(connection), view)
          .flip(
              OptionalLong.of(number),
              (catalog, version) -> {
                if (catalog.published().isPresent()
                    && catalog.version(number).orElseThrow().answersSince().isEmpty()) {
                  throw new InvalidInputException(
                      String.format(
                          Locale.ROOT,
                          "Cannot roll back view %s to version %d: it never answered; lambda publish %s --version %d asks the gate",
                          view,
                          number,
                          view,
                          number));
                }

                PublishedRow row =
                    PublishedRow.rollback(
                        catalog.known(), version, clock.instant(), config.log().clockSkew());
                checkTables(connection, row);
                return new Pointer.Next(row, Optional.empty());
              });
    }
  }

  /**
   * Throws a version away, with its table.
   *
   * @throws InvalidInputException when it answers, or answered so lately that somebody may still
   *     read it
   */
  public Version discard(String view, long number) throws IOException {
    try (Connection connection = HBaseConnector.connectForWork(config);
        Admin admin = connection.getAdmin()) {
      Version gone =
          new Pointer(new PublishedTable(connection), view)
              .forget(number, v -> v.left().ifPresent(left -> checkUnread(view, number, left)));
      ViewTables.drop(admin, TableName.valueOf(gone.table()));
      return gone;
    }
  }

  private void checkUnread(String view, long number, Instant left) {
    Instant unread = left.plus(readersWait(config));
    if (clock.instant().isBefore(unread)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot discard version %d of view %s: it answered until %s, and a query may read it until %s; try again then",
              number,
              view,
              left,
              unread));
    }
  }

  /** How long after a flip somebody may still read what answered before. */
  static Duration readersWait(LambdaConfig config) {
    return config.read().cache().plus(config.read().timeout()).plus(config.log().clockSkew());
  }
}
