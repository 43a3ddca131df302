package dev.lambdastack.cli;

import dev.lambdastack.cli.ask.EventsCommand;
import dev.lambdastack.cli.ask.ViewsCommand;
import dev.lambdastack.cli.batch.ArchiveCommand;
import dev.lambdastack.cli.batch.AuditCommand;
import dev.lambdastack.cli.batch.BackupCommand;
import dev.lambdastack.cli.batch.CleanupCommand;
import dev.lambdastack.cli.batch.CompactCommand;
import dev.lambdastack.cli.batch.DeadLettersCommand;
import dev.lambdastack.cli.batch.DiscardCommand;
import dev.lambdastack.cli.batch.MasterCommand;
import dev.lambdastack.cli.batch.PublishCommand;
import dev.lambdastack.cli.batch.RecomputeCommand;
import dev.lambdastack.cli.batch.RestoreCommand;
import dev.lambdastack.cli.batch.RollbackCommand;
import dev.lambdastack.cli.batch.VersionsCommand;
import dev.lambdastack.cli.send.ProduceCommand;
import dev.lambdastack.cli.speed.AlertsCommand;
import dev.lambdastack.cli.speed.DimensionCommand;
import dev.lambdastack.cli.speed.SpeedCommand;
import dev.lambdastack.serving.query.QueryCommand;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Every verb, in the groups and the order in which the help lists them: what a newcomer looks for
 * first, then what moves the events, in the order in which they go. A verb is registered here and
 * nowhere else.
 */
enum Group {
  ASK("Look and ask", ViewsCommand.class, QueryCommand.class, EventsCommand.class),
  SEND("Send events", ProduceCommand.class),
  MASTER(
      "Batch layer, the master dataset of a topic",
      ArchiveCommand.class,
      AuditCommand.class,
      CompactCommand.class,
      MasterCommand.class,
      DeadLettersCommand.class),
  VERSIONS(
      "Batch layer, the versions of a view",
      RecomputeCommand.class,
      PublishCommand.class,
      RollbackCommand.class,
      VersionsCommand.class,
      DiscardCommand.class,
      CleanupCommand.class),
  SPEED("Speed layer", SpeedCommand.class, DimensionCommand.class, AlertsCommand.class),
  BACKUP("Backup", BackupCommand.class, RestoreCommand.class);

  private final String title;
  private final List<Class<? extends Callable<Integer>>> verbs;

  @SafeVarargs
  Group(String title, Class<? extends Callable<Integer>>... verbs) {
    this.title = title;
    this.verbs = List.of(verbs);
  }

  String title() {
    return title;
  }

  /** The classes of its verbs, whose annotations name them. */
  List<Class<? extends Callable<Integer>>> verbs() {
    return verbs;
  }
}
