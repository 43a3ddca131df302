package dev.lambdastack.cli.batch;

import dev.lambdastack.batch.compact.Compaction;
import dev.lambdastack.batch.compact.CompactionResult;
import dev.lambdastack.batch.compact.Sweep;
import dev.lambdastack.batch.compact.SweepResult;
import dev.lambdastack.batch.master.MasterTable;
import dev.lambdastack.console.ConfigOptions;
import dev.lambdastack.console.Texts;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.Views;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lambda compact}: few large files in the place of many small ones. */
@Command(
    name = "compact",
    sortOptions = false,
    header = "Puts few large files in the place of a topic's many small ones, and tidies up.",
    description =
        "%nThe events stay the same, with all their columns. Files that were replaced, and what killed runs have left, are removed once they are older than lambda.compact.grace; those that a recompute reads, or that a snapshot with a tag has, stay.%n",
    footer = {
      "",
      "Exit codes: 0 done or nothing to do, 2 bad input or refused, 69 HDFS does not answer,",
      "70 unexpected fault, 75 another run has compacted the same files meanwhile."
    })
public final class CompactCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "<topic>", description = "A topic that a view reads.")
  private String topic;

  @Option(names = "--dry-run", description = "Says what would be done now, and changes nothing.")
  private boolean dryRun;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LambdaConfig settings = config.load(new Configuration());
    Views views = Views.load(Thread.currentThread().getContextClassLoader());
    Clock clock = Clock.systemUTC();
    Compaction compaction =
        new Compaction(
            settings,
            views,
            SchemaStore.load(Thread.currentThread().getContextClassLoader()),
            clock);
    PrintWriter out = spec.commandLine().getOut();

    print(out, dryRun ? compaction.plan(topic) : compaction.run(topic));

    Sweep sweep = new Sweep(settings, clock);
    SweepResult swept = sweep.run(MasterTable.open(settings, topic), dryRun);
    print(out, swept, sweep.staging(dryRun).size());
    return 0;
  }

  private void print(PrintWriter out, CompactionResult result) {
    out.println(topic + ": " + text(result));
    out.flush();
  }

  private String text(CompactionResult result) {
    if (result.isEmpty()) {
      return "nothing to compact";
    }

    String before = size(result.filesBefore(), result.bytesBefore());
    String events = Texts.count(result.rows(), "event");
    if (dryRun) {
      return "would rewrite %s, %s; nothing was written".formatted(before, events);
    }

    return "put %s in the place of %s, with the same %s (%s); %s"
        .formatted(
            size(result.filesAfter(), result.bytesAfter()),
            before,
            events,
            Texts.count(result.commits(), "commit"),
            Texts.duration(result.duration()));
  }

  private static String size(long files, long bytes) {
    return "%s of %s".formatted(Texts.count(files, "file"), Texts.count(bytes, "byte"));
  }

  private void print(PrintWriter out, SweepResult swept, int folders) {
    out.printf(
        "%s: %s %s, %s (%s), %s and %s of killed runs; %s for now%n",
        topic,
        dryRun ? "would remove" : "removed",
        Texts.count(swept.superseded(), "replaced file"),
        Texts.count(swept.orphans(), "orphan file"),
        Texts.count(swept.bytes(), "byte"),
        Texts.count(folders, "folder"),
        Texts.count(swept.traces(), "trace"),
        kept(swept.waiting()));
    out.flush();
  }

  private static String kept(long files) {
    return Texts.count(files, "replaced file") + (files == 1 ? " stays" : " stay");
  }
}
