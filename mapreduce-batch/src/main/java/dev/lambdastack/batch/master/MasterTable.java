package dev.lambdastack.batch.master;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.avro.SchemaParser;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManageSnapshots;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotAncestryValidator;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;

/**
 * The master dataset of one topic: an Iceberg table, {@code events.<topic>} in the catalog of
 * {@code lambda.catalog.*}. An event belongs to it once its file is in a snapshot, which comes with
 * one commit; of two archive runs that begin at the same place one commits.
 *
 * <p>What a run has archived is a property of the table, written by the commit of its snapshot, so
 * that it outlives the snapshot. Safe for use by many processes at once; an object is for one
 * thread.
 */
public final class MasterTable {
  /** What our own properties begin with. */
  static final String PREFIX = "lambda.";

  /** The number of the last archive run. */
  private static final String RUNS = PREFIX + "runs";

  /** What the run of the number behind it has archived: its JSON. */
  private static final String RUN = PREFIX + "run.";

  /** The Avro schema of the fingerprint behind it, which files follow. */
  private static final String SCHEMA = PREFIX + "schema.";

  private static final String EVENT_TIME = PREFIX + "event-time";

  /** Dead letters of the last run that are not in their own table yet, or were not by then. */
  private static final String DEAD_LETTERS = PREFIX + "dead-letters";

  /** In a snapshot's summary: the run's number, what it has archived, and the digest of that. */
  private static final String RUN_OF_SUMMARY = PREFIX + "run";

  private static final String ARCHIVED = PREFIX + "archived";
  private static final String DIGEST = PREFIX + "digest";
  private static final String COMPACTION = PREFIX + "compaction";

  private static final int FORMAT_VERSION = 3;

  private final MasterCatalog catalog;
  private final TableIdentifier id;
  private final String topic;

  private MasterTable(MasterCatalog catalog, String topic) {
    this.catalog = catalog;
    this.id = catalog.events(topic);
    this.topic = topic;
  }

  /**
   * The dataset of a topic, which may be empty; nothing is written.
   *
   * @throws InvalidInputException when the catalog cannot be used, or may let two runs commit
   * @throws dev.lambdastack.views.UnavailableException when it does not answer
   */
  public static MasterTable open(LambdaConfig config, String topic) throws IOException {
    return new MasterTable(MasterCatalog.open(config), topic);
  }

  public String topic() {
    return topic;
  }

  /** The records of the topic that are no events. */
  public DeadLetterTable deadLetters() {
    return DeadLetterTable.of(catalog, topic);
  }

  /** Where it is, for a message. */
  public String place() {
    return catalog.place(id);
  }

  /** The table as it is now; empty before the first archive run. */
  Optional<Table> table() throws IOException {
    return catalog.call(
        () -> {
          try {
            return Optional.of(catalog.catalog().loadTable(id));
          } catch (NoSuchTableException none) {
            return Optional.empty();
          }
        });
  }

  /**
   * A table that is ready for a run's files.
   *
   * @param creation what makes it, together with the first run; empty where it is there
   */
  public record Prepared(TableLayout layout, Optional<Transaction> creation) {}

  /**
   * Brings the table's columns to the event's schema. Where there is no table yet, the first run's
   * commit makes it.
   *
   * @throws InvalidInputException when a table cannot have these columns
   */
  public Prepared prepare(EventType type) throws IOException {
    Schema columns = EventColumns.of(topic, type.schema());
    Optional<Table> there = table();
    if (there.isPresent()) {
      evolve(there.get(), type.schema());
      return new Prepared(TableLayout.of(there.get()), Optional.empty());
    }

    return catalog.call(
        () -> {
          Transaction creation = creation(type, columns);
          return new Prepared(TableLayout.of(creation.table()), Optional.of(creation));
        });
  }

  /** What tasks have to know to write files for the table, which must be there. */
  public TableLayout layout() throws IOException {
    return TableLayout.of(table().orElseThrow());
  }

  /** The files of this table and of its dead letters' that nothing reads any more. */
  public List<TableUpkeep> upkeep(Configuration conf) throws IOException {
    List<TableUpkeep> tables = new ArrayList<>();
    Optional<Table> events = table();
    if (events.isPresent()) {
      tables.add(TableUpkeep.of(events.get(), conf));
    }
    Optional<Table> dead = deadLetters().table();
    if (dead.isPresent()) {
      tables.add(TableUpkeep.of(dead.get(), conf));
    }
    return tables;
  }

  private Transaction creation(EventType type, Schema columns) {
    Transaction creation =
        catalog
            .catalog()
            .buildTable(id, columns)
            .withPartitionSpec(PartitionSpec.unpartitioned())
            .withSortOrder(
                SortOrder.builderFor(columns)
                    .asc(type.eventTime())
                    .asc(EventColumns.PARTITION)
                    .asc(EventColumns.OFFSET)
                    .build())
            .withProperties(properties(type))
            .createTransaction();
    creation.updateSpec().addField("event_date", Expressions.day(type.eventTime())).commit();
    return creation;
  }

  private Map<String, String> properties(EventType type) {
    Map<String, String> properties = new TreeMap<>();
    properties.put(TableProperties.FORMAT_VERSION, String.valueOf(FORMAT_VERSION));
    properties.put(TableProperties.PARQUET_COMPRESSION, "zstd");
    properties.put(TableProperties.METADATA_COMPRESSION, "gzip");
    properties.put(TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED, "true");
    properties.put(TableProperties.COMMIT_NUM_RETRIES, "20");
    for (String column :
        List.of(
            type.eventTime(),
            EventColumns.PARTITION,
            EventColumns.OFFSET,
            EventColumns.APPEND_TIME,
            EventColumns.RAW)) {
      // Of a table with many columns, the first hundred alone have bounds.
      properties.put(
          TableProperties.METRICS_MODE_COLUMN_CONF_PREFIX + column,
          column.equals(EventColumns.RAW) ? "counts" : "full");
    }
    properties.put(PREFIX + "topic", topic);
    properties.put(EVENT_TIME, type.eventTime());
    properties.put(SCHEMA + Fingerprints.of(type.schema()), type.schema().toString());
    return properties;
  }

  /**
   * A change that is made again as long as other commits are first: Iceberg does not by itself.
   * Where it fails and the table stays as it was, the fault is another one.
   */
  private <T> T change(Callable<T> change) throws IOException {
    return catalog.call(
        () -> {
          String seen = "";
          while (true) {
            try {
              return change.call();
            } catch (CommitFailedException e) {
              String now = state().current().metadataFileLocation();
              if (now.equals(seen)) {
                throw e;
              }
              seen = now;
            }
          }
        });
  }

  private TableOperations state() {
    return ((HasTableOperations) catalog.catalog().loadTable(id)).operations();
  }

  private void evolve(Table table, org.apache.avro.Schema pinned) throws IOException {
    String fingerprint = Fingerprints.of(pinned);
    change(
        () -> {
          table.refresh();
          Transaction evolution = table.newTransaction();
          UpdateSchema update = evolution.updateSchema();
          boolean isChanged = EventEvolution.to(topic, update, table.schema(), pinned);
          if (isChanged || !table.properties().containsKey(SCHEMA + fingerprint)) {
            // Also where no column changes: a transaction has no step that is not committed.
            update.commit();
            evolution.updateProperties().set(SCHEMA + fingerprint, pinned.toString()).commit();
            evolution.commitTransaction();
          }
          return table;
        });
  }

  /**
   * All archive runs, the first one first; as they stand there, and empty where they do not.
   *
   * @param summaries some runs, of which the last ones may be told by them alone
   */
  private static List<String> runTexts(Table table, Map<Long, String> summaries) {
    List<String> texts = new ArrayList<>();
    for (long number = 1; number <= count(table) || summaries.containsKey(number); number++) {
      texts.add(table.properties().getOrDefault(RUN + number, ""));
    }
    return texts;
  }

  /** By number, what the summaries of snapshots that are still there say of runs. */
  private static Map<Long, String> summaries(Table table) {
    Map<Long, String> summaries = new TreeMap<>();
    for (Snapshot snapshot : table.snapshots()) {
      String archived = snapshot.summary().get(ARCHIVED);
      if (archived != null) {
        summaries.put(Long.valueOf(snapshot.summary().get(RUN_OF_SUMMARY)), archived);
      }
    }
    return summaries;
  }

  private static long count(Table table) {
    return Long.parseLong(table.properties().getOrDefault(RUNS, "0"));
  }

  /**
   * All archive runs, the first one first, their chain checked.
   *
   * @throws InvalidInputException when one is missing, or cannot follow the one before
   */
  public List<ArchiveRun> runs() throws IOException {
    Optional<Table> table = table();
    return table.isPresent() ? runs(table.get()) : List.of();
  }

  /** The last of {@link #runs}. */
  public Optional<ArchiveRun> last() throws IOException {
    List<ArchiveRun> runs = runs();
    return runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1));
  }

  private List<ArchiveRun> runs(Table table) {
    Map<Long, String> summaries = summaries(table);
    List<ArchiveRun> runs = new ArrayList<>();
    Optional<String> digest = Optional.empty();
    for (String text : runTexts(table, summaries)) {
      try {
        ArchiveRun run = ArchiveRun.fromJson(text);
        RunChain.checkFollows(runs, digest, run, topic);
        RunChain.checkCommitted(summaries.get(run.number()), text);
        runs.add(run);
        digest = Optional.of(ArchiveRun.sha256(text));
      } catch (IllegalArgumentException e) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "What topic %s has archived is broken at run %d: %s; bring the table's property %s%d back as it was: nothing is read or written until then",
                topic,
                runs.size() + 1,
                e.getMessage(),
                RUN,
                runs.size() + 1),
            e);
      }
    }
    return List.copyOf(runs);
  }

  /** What the table holds now; empty before the first archive run. */
  public Optional<Contents> contents() throws IOException {
    Optional<Table> table = table();
    if (table.isEmpty() || count(table.get()) == 0) {
      return Optional.empty();
    }
    return Optional.of(
        catalog.call(
            () ->
                Contents.of(
                    table.get(),
                    runs(table.get()),
                    schemas(table.get()),
                    table.get().properties().get(EVENT_TIME))));
  }

  /** The schemas that files of events follow. */
  public List<org.apache.avro.Schema> schemas() throws IOException {
    Optional<Table> table = table();
    return table.isPresent() ? schemas(table.get()) : List.of();
  }

  private static List<org.apache.avro.Schema> schemas(Table table) {
    List<org.apache.avro.Schema> schemas = new ArrayList<>();
    new TreeMap<>(table.properties())
        .forEach(
            (key, text) -> {
              if (key.startsWith(SCHEMA)) {
                schemas.add(new SchemaParser().parse(text).mainSchema());
              }
            });
    return schemas;
  }

  /**
   * What there is of a topic, whether or not it fits together.
   *
   * @param runs their texts, the first one first; empty where one is missing
   * @param summaries by number, what the summaries of snapshots say of runs
   * @param deleted files of which another program has deleted rows
   * @param superseded how many files are only of older snapshots
   * @param orphans files that no snapshot names
   */
  public record State(
      List<String> runs,
      Map<Long, String> summaries,
      List<LiveFile> files,
      List<String> deleted,
      List<DeadLetterTable.LetterFile> deadLetters,
      int superseded,
      List<String> orphans) {}

  /** For an audit; empty before the first archive run. */
  public Optional<State> state(Configuration conf) throws IOException {
    Optional<Table> there = table();
    if (there.isEmpty() || count(there.get()) == 0) {
      return Optional.empty();
    }

    settleDeadLetters();
    return catalog.call(
        () -> {
          int superseded = 0;
          List<String> orphans = new ArrayList<>();
          for (TableUpkeep upkeep : upkeep(conf)) {
            // What is younger may be of a run that goes on now, and is told all the same.
            TableUpkeep.Found found = upkeep.look(Instant.MAX);
            superseded += found.waiting() + found.superseded().size();
            found.orphans().forEach(path -> orphans.add(path.toString()));
          }

          Table table = catalog.catalog().loadTable(id);
          List<String> deleted = new ArrayList<>();
          List<LiveFile> files =
              Contents.files(table, table.properties().get(EVENT_TIME), deleted::add);
          return Optional.of(
              new State(
                  runTexts(table, summaries(table)),
                  summaries(table),
                  files,
                  deleted,
                  deadLetters().files(Expressions.alwaysTrue()),
                  superseded,
                  orphans.stream().sorted().toList()));
        });
  }

  /**
   * A snapshot of the table.
   *
   * @param what {@code append} of an archive run, {@code replace} of a compaction, or what another
   *     program did
   * @param run that it is of; empty where it is of none
   * @param rows in all files
   * @param names that keep it
   */
  public record SnapshotInfo(
      long id, Instant time, String what, Optional<Long> run, long rows, List<String> names) {}

  /**
   * What there is to know of a table.
   *
   * @param name in its catalog
   * @param location of its files
   * @param catalog options of the catalog, without what may be secret
   */
  public record Info(
      String name,
      String location,
      Map<String, String> catalog,
      Contents contents,
      List<SnapshotInfo> snapshots) {}

  /** For a person; empty before the first archive run. */
  public Optional<Info> info() throws IOException {
    Optional<Table> there = table();
    Optional<Contents> contents = contents();
    if (there.isEmpty() || contents.isEmpty()) {
      return Optional.empty();
    }

    Table table = there.get();
    List<SnapshotInfo> snapshots = new ArrayList<>();
    for (Snapshot snapshot : table.snapshots()) {
      snapshots.add(
          new SnapshotInfo(
              snapshot.snapshotId(),
              Instant.ofEpochMilli(snapshot.timestampMillis()),
              snapshot.operation(),
              Optional.ofNullable(snapshot.summary().get(RUN_OF_SUMMARY)).map(Long::valueOf),
              Long.parseLong(
                  snapshot.summary().getOrDefault(SnapshotSummary.TOTAL_RECORDS_PROP, "0")),
              table.refs().entrySet().stream()
                  .filter(ref -> ref.getValue().snapshotId() == snapshot.snapshotId())
                  .map(Map.Entry::getKey)
                  .sorted()
                  .toList()));
    }
    return Optional.of(
        new Info(id.toString(), table.location(), catalog.options(), contents.get(), snapshots));
  }

  /**
   * Commits an archive run: from here on its files belong to the dataset.
   *
   * @param prepared the table that the files were written for
   * @param deadLetters files of {@link DeadLetterTable}, as {@link TableLayout#toJson(DataFile)}
   *     writes them
   * @return the run as it was committed; empty when another run has taken its number, so that
   *     nothing has changed
   * @throws IOException as anything else that is thrown: it may have been committed, and the files
   *     must stay
   */
  public Optional<ArchiveRun> commit(
      Prepared prepared, ArchiveRun run, List<DataFile> files, List<String> deadLetters)
      throws IOException {
    return catalog.call(
        () -> {
          Optional<Table> there = table();
          if (there.map(MasterTable::count).orElse(0L) != run.number() - 1) {
            return Optional.empty();
          }
          if (there.isPresent()) {
            // The property has room for those of one run.
            settleDeadLetters(there.get());
          }

          catalog.ensureNamespace(id.namespace());
          Optional<TableOperations> state =
              there.map(table -> ((HasTableOperations) table).operations());
          ArchiveRun next =
              run.withSequence(state.map(s -> s.current().lastSequenceNumber()).orElse(0L) + 1);
          Transaction commit =
              there.isPresent() ? there.get().newTransaction() : prepared.creation().orElseThrow();
          AppendFiles append = commit.newAppend();
          files.forEach(append::appendFile);
          describe(append, next);
          state.ifPresent(s -> append.validateWith(isStillNext(s, run)));

          try {
            append.commit();
            note(commit.updateProperties(), next, deadLetters);
            commit.commitTransaction();
            return Optional.of(next);
          } catch (RuntimeException e) {
            return outcome(next, e);
          }
        });
  }

  private static void note(UpdateProperties properties, ArchiveRun run, List<String> deadLetters) {
    properties.set(RUNS, String.valueOf(run.number()));
    properties.set(RUN + run.number(), run.toJson());
    if (deadLetters.isEmpty()) {
      properties.remove(DEAD_LETTERS);
    } else {
      properties.set(DEAD_LETTERS, "[" + String.join(",", deadLetters) + "]");
    }
    properties.commit();
  }

  /** Of a commit that seems to have failed: the answer may have been lost, and not the commit. */
  private Optional<ArchiveRun> outcome(ArchiveRun run, RuntimeException failure)
      throws IOException {
    Optional<String> taken = table().map(table -> table.properties().get(RUN + run.number()));
    if (taken.equals(Optional.of(run.toJson()))) {
      return Optional.of(run);
    }

    boolean isRace =
        failure instanceof ValidationException
            || failure instanceof AlreadyExistsException
            || failure instanceof CommitFailedException;
    if (taken.isPresent() && isRace) {
      return Optional.empty();
    }
    throw failure;
  }

  /** Puts dead letters of the last run into their own table, unless they are there. */
  public void settleDeadLetters() throws IOException {
    Optional<Table> table = table();
    if (table.isPresent()) {
      settleDeadLetters(table.get());
    }
  }

  private void settleDeadLetters(Table table) throws IOException {
    String noted = table.properties().get(DEAD_LETTERS);
    if (noted == null) {
      return;
    }

    List<String> files = new ArrayList<>();
    new ObjectMapper().readTree(noted).forEach(file -> files.add(file.toString()));
    deadLetters().add(count(table), files);
  }

  private static void describe(SnapshotUpdate<?> update, ArchiveRun run) {
    update.set(RUN_OF_SUMMARY, String.valueOf(run.number()));
    update.set(ARCHIVED, run.toJson());
    update.set(DIGEST, run.digest());
  }

  /** Asked for each state that the commit may follow. */
  private static SnapshotAncestryValidator isStillNext(TableOperations state, ArchiveRun run) {
    return new SnapshotAncestryValidator() {
      @Override
      public boolean validate(Iterable<Snapshot> ancestors) {
        long last = Long.parseLong(state.current().property(RUNS, "0"));
        return last == run.number() - 1;
      }

      @Override
      public String errorMessage() {
        return "another run has archived the same epochs";
      }
    };
  }

  /**
   * Puts files in the place of others that hold the same rows.
   *
   * @param contents that {@code replaced} are of
   * @param runId that no other call has
   * @return whether it was done; false where another one has replaced some of them meanwhile
   * @throws IOException as anything else that is thrown: it may have been done, and {@code added}
   *     must stay
   */
  public boolean replace(
      Contents contents, Set<DataFile> replaced, Set<DataFile> added, String runId)
      throws IOException {
    long sequence = replaced.stream().mapToLong(DataFile::dataSequenceNumber).max().orElseThrow();
    return catalog.call(
        () -> {
          Table table = catalog.catalog().loadTable(id);
          RewriteFiles rewrite =
              table
                  .newRewrite()
                  .validateFromSnapshot(contents.snapshot())
                  .rewriteFiles(replaced, added, sequence)
                  .set(COMPACTION, runId);
          try {
            rewrite.commit();
            return true;
          } catch (RuntimeException e) {
            if (isDone(runId, added)) {
              return true;
            }
            if (e instanceof ValidationException) {
              return false;
            }
            throw e;
          }
        });
  }

  /**
   * Whether the table has what the call of this run has put into it, whatever it was answered. Its
   * snapshot may have expired since.
   */
  private boolean isDone(String runId, Set<DataFile> added) throws IOException {
    Table table = catalog.catalog().loadTable(id);
    for (Snapshot snapshot : table.snapshots()) {
      if (runId.equals(snapshot.summary().get(COMPACTION))) {
        return true;
      }
    }

    Set<String> paths = added.stream().map(DataFile::location).collect(Collectors.toSet());
    try (CloseableIterable<FileScanTask> live = table.newScan().planFiles()) {
      for (FileScanTask task : live) {
        if (paths.contains(task.file().location())) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Names a snapshot, which keeps it and its files; a name that is there has its end moved.
   *
   * @param until when the name goes
   * @return false where there is no such snapshot any more
   */
  boolean tag(String name, long snapshot, Instant until) throws IOException {
    return change(
        () -> {
          Table table = catalog.catalog().loadTable(id);
          if (table.snapshot(snapshot) == null) {
            return false;
          }

          long age = until.toEpochMilli() - table.snapshot(snapshot).timestampMillis();
          ManageSnapshots names = table.manageSnapshots();
          if (!table.refs().containsKey(name)) {
            names.createTag(name, snapshot);
          }
          names.setMaxRefAgeMs(name, Math.max(1, age)).commit();
          return true;
        });
  }

  void removeTag(String name) throws IOException {
    change(
        () -> {
          Table table = catalog.catalog().loadTable(id);
          if (table.refs().containsKey(name)) {
            table.manageSnapshots().removeTag(name).commit();
          }
          return table;
        });
  }

  /** Whether the run that has the lease of this name is still at work. */
  public boolean isHeld(String name, Instant now) throws IOException {
    Optional<Table> table = table();
    SnapshotRef ref = table.map(t -> t.refs().get(name)).orElse(null);
    return ref != null
        && ref.maxRefAgeMs() != null
        && table.get().snapshot(ref.snapshotId()).timestampMillis() + ref.maxRefAgeMs()
            > now.toEpochMilli();
  }
}
