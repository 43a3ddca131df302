package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Format;
import dev.lambdastack.console.Listing;
import dev.lambdastack.console.Texts;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda master}: the table of a topic's raw events, for other programs. */
@Command(
    name = "master",
    sortOptions = false,
    header = "Shows the table of a topic's raw events, and how other programs find it.",
    description =
        "%nThe master dataset of a topic is an Apache Iceberg table: Spark, Trino, Flink and others query it, at each of its snapshots.%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lambda master orders",
      "  lambda master orders --format csv",
      "  lambda master orders --files",
      "",
      "Exit codes: 0 done, 2 bad input, 69 HDFS does not answer, 70 unexpected fault."
    })
public final class MasterCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<topic>", description = "The topic.")
  private String topic;

  @Option(
      names = "--format",
      defaultValue = "table",
      paramLabel = "<format>",
      description =
          "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}); csv and json have the snapshots alone.")
  private Format format;

  @Option(
      names = "--files",
      description = "Prints the paths of the newest snapshot's files alone, one a line.")
  private boolean filesOnly;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException {
    LambdaConfig settings = config.load(new Configuration());
    MasterTable table = MasterTable.open(settings, topic);
    MasterTable.Info info =
        table
            .info()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "Topic %s has no table: nothing of it is archived in %s; run lambda archive %s first, or check the name"
                            .formatted(topic, table.place(), topic)));
    PrintWriter out = spec.commandLine().getOut();

    if (filesOnly) {
      info.contents().files().forEach(file -> out.println(file.path()));
      out.flush();
      return 0;
    }

    if (format == Format.TABLE) {
      about(info, out);
    }
    snapshots(info).print(format, out);
    if (format == Format.TABLE) {
      engines(info, out);
    }
    out.flush();
    return 0;
  }

  private static void about(MasterTable.Info info, PrintWriter out) {
    out.printf("table     %s%n", info.name());
    out.printf("location  %s%n", info.location());
    out.printf(
        Locale.ROOT,
        "holds     %s in %s of %s, whole up to %s%n%n",
        Texts.count(info.contents().events(), "event"),
        Texts.count(info.contents().files().size(), "file"),
        Texts.count(info.contents().lengthBytes(), "byte"),
        info.contents().horizon().instant(info.contents().archived().epochLength()));
  }

  private static Listing snapshots(MasterTable.Info info) {
    Listing listing = new Listing(List.of("snapshot", "time", "operation", "run", "rows", "names"));
    for (MasterTable.SnapshotInfo snapshot : info.snapshots()) {
      listing.add(
          Arrays.asList(
              snapshot.id(),
              snapshot.time(),
              snapshot.what(),
              snapshot.run().orElse(null),
              snapshot.rows(),
              String.join(" ", snapshot.names())));
    }
    return listing;
  }

  private static void engines(MasterTable.Info info, PrintWriter out) {
    Map<String, String> catalog = info.catalog();
    out.printf("%nSpark (spark-sql, with iceberg-spark-runtime on its class path):%n");
    out.println("  --conf spark.sql.catalog.lambda=org.apache.iceberg.spark.SparkCatalog \\");
    catalog.forEach(
        (key, value) -> out.printf("  --conf spark.sql.catalog.lambda.%s=%s \\%n", key, value));
    // Else a session keeps each table as it first saw it.
    out.println("  --conf spark.sql.catalog.lambda.cache-enabled=false \\");
    out.printf("  -e 'SELECT count(*) FROM lambda.events.`%s`'%n", topicOf(info));

    out.printf("%nFlink SQL (with iceberg-flink-runtime):%n");
    out.println("  CREATE CATALOG lambda WITH (");
    out.println("    'type'='iceberg',");
    List<String> lines =
        catalog.entrySet().stream()
            .map(e -> "    '%s'='%s'".formatted(key(e.getKey()), e.getValue()))
            .toList();
    out.println(String.join(String.format(",%n"), lines));
    out.println("  );");
    out.printf("  SELECT * FROM lambda.events.`%s`;%n", topicOf(info));

    if (info.location().startsWith("hdfs:")) {
      out.printf("%nDuckDB (has no client for HDFS, so copies of the files):%n");
      out.printf(
          "  mkdir files && lambda master %s --files | while read -r file; do hdfs dfs -get \"$file\" \"files/$((++n)).parquet\"; done%n",
          topicOf(info));
      out.println("  SELECT * FROM read_parquet('files/*.parquet', union_by_name = true);");
    } else {
      out.printf("%nDuckDB (with its iceberg extension):%n");
      out.printf(
          "  SELECT * FROM iceberg_scan('%s', allow_moved_paths = true);%n", info.location());
    }
  }

  /** Flink's own word for the type of a catalog. */
  private static String key(String option) {
    return option.equals("type") ? "catalog-type" : option;
  }

  private static String topicOf(MasterTable.Info info) {
    return info.contents().archived().topic();
  }
}
