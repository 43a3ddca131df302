package dev.lambdastack.batch.master;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.hadoop.HadoopOutputFile;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;

/**
 * A master dataset in a local folder, and what archive runs of it write. Each run has ten records
 * of one partition; its events are of a day of its own.
 */
final class Hits {
  static final String TOPIC = "hits";
  static final long RECORDS = 10;
  static final Schema SCHEMA = schema(false);
  static final Schema LATER = schema(true);

  private final Configuration conf = new Configuration();

  Hits(Path folder) {
    conf.set("lambda.master", folder.toUri().toString());
    conf.set("mapreduce.framework.name", "local");
  }

  private static Schema schema(boolean withCount) {
    SchemaBuilder.FieldAssembler<Schema> fields =
        SchemaBuilder.record("Hit")
            .fields()
            .name("event_time")
            .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
            .noDefault()
            .requiredString("user");
    return withCount
        ? fields.name("count").type().longType().longDefault(1).endRecord()
        : fields.endRecord();
  }

  static EventType type(Schema pinned) {
    return EventType.of(TOPIC, pinned, "event_time", "user");
  }

  Configuration conf() {
    return conf;
  }

  MasterTable open() throws IOException {
    return MasterTable.open(LambdaConfig.of(conf), TOPIC);
  }

  /** Iceberg's own view, past all of ours. */
  Table iceberg() {
    return catalog().loadTable(TableIdentifier.of("events", TOPIC));
  }

  HadoopCatalog catalog() {
    return new HadoopCatalog(conf, conf.get("lambda.master"));
  }

  /** The run behind these. */
  static ArchiveRun next(List<ArchiveRun> runs, String runId, int events, int dead) {
    long number = runs.size() + 1;
    long end = RECORDS * number;
    return new ArchiveRun(
        number,
        TOPIC,
        "Abc-123",
        runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1).digest()),
        runId,
        Duration.ofMinutes(10),
        number - 1,
        number,
        Instant.parse("1990-01-01T00:00:00Z"),
        new TreeMap<>(
            Map.of(
                0,
                new PartitionRange(
                    end - RECORDS, end, OptionalInt.of(4), new TreeMap<>(Map.of(number, end))))),
        Fingerprints.of(SCHEMA),
        0,
        new ArchiveRun.Counts(RECORDS, events, dead, RECORDS - events - dead),
        Instant.parse("2026-01-31T12:00:00Z").plusSeconds(number));
  }

  static LocalDate date(ArchiveRun run) {
    return LocalDate.parse("2026-01-01").plusDays(run.number());
  }

  /** A file with the events of a run; none where it has none. */
  List<DataFile> files(TableLayout layout, ArchiveRun run) throws IOException {
    long start = run.partitions().get(0).start();
    return file(layout, run, "a", start, run.counts().events());
  }

  /** A file of so many events from an offset on. */
  List<DataFile> file(TableLayout layout, ArchiveRun run, String name, long start, long events)
      throws IOException {
    if (events == 0) {
      return List.of();
    }
    org.apache.hadoop.fs.Path path =
        new org.apache.hadoop.fs.Path(layout.folder(run.runId(), SCHEMA), name + ".parquet");
    try (TableFileWriter writer = TableFileWriter.create(conf, layout, path, SCHEMA, 1 << 20)) {
      long noon = date(run).atTime(12, 0).toInstant(ZoneOffset.UTC).toEpochMilli();
      for (long offset = start; offset < start + events; offset++) {
        GenericRecord hit = new GenericData.Record(SCHEMA);
        hit.put("event_time", noon + offset);
        hit.put("user", String.format(Locale.ROOT, "user-%d", offset));
        writer.write(TableRows.encode(hit, 0), 0, 0, offset, noon, 5, null);
      }
      return List.of(writer.finish(Optional.of(date(run))));
    }
  }

  /** A file with the dead letters of a run, as a task reports it; none where it has none. */
  List<String> deadLetters(MasterTable table, ArchiveRun run) throws IOException {
    if (run.counts().deadLetters() == 0) {
      return List.of();
    }
    TableLayout layout = table.deadLetters().layout();
    org.apache.hadoop.fs.Path path =
        new org.apache.hadoop.fs.Path(layout.folder(run.runId()), "dead.parquet");
    DataWriter<Record> writer =
        Parquet.writeData(HadoopOutputFile.fromPath(path, conf))
            .schema(layout.schema())
            .withSpec(layout.mixed())
            .setAll(layout.properties())
            .createWriterFunc(GenericParquetWriter::create)
            .build();
    try (writer) {
      for (long i = 0; i < run.counts().deadLetters(); i++) {
        Record row = org.apache.iceberg.data.GenericRecord.create(DeadLetterTable.COLUMNS);
        row.setField("partition", 0);
        row.setField("offset", run.partitions().get(0).end() - 1 - i);
        row.setField("append_time", run.created().atOffset(ZoneOffset.UTC));
        row.setField("headers", List.of());
        row.setField("reason", "CORRUPT");
        row.setField("detail", "of a test");
        writer.write(row);
      }
    }
    return List.of(layout.toJson(writer.toDataFile()));
  }

  /** Commits the run behind those that are there. */
  Optional<ArchiveRun> commit(MasterTable table, String runId, int events, int dead)
      throws IOException {
    return commit(table, next(table.runs(), runId, events, dead));
  }

  /** As {@link #commit}, where another run's commit would be wrong. */
  void mustCommit(MasterTable table, String runId, int events, int dead) throws IOException {
    if (commit(table, runId, events, dead).isEmpty()) {
      throw new AssertionError("another run committed before " + runId);
    }
  }

  Optional<ArchiveRun> commit(MasterTable table, ArchiveRun run) throws IOException {
    MasterTable.Prepared prepared = table.prepare(type(SCHEMA));
    return table.commit(prepared, run, files(prepared.layout(), run), deadLetters(table, run));
  }
}
