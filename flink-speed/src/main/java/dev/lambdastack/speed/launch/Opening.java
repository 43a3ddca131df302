package dev.lambdastack.speed.launch;

import dev.lambdastack.log.TopicLog;
import dev.lambdastack.serving.store.PublishedTable;
import dev.lambdastack.serving.store.ViewTables;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.speed.plan.SpeedStart;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;

/** Opens the generations of a new life: decides for all views first, then writes. */
final class Opening {
  private final LambdaConfig config;
  private final PublishedTable store;
  private final Clock clock;

  /**
   * A new life.
   *
   * @param start where its one source begins
   */
  record Opened(List<Generation> generations, SpeedStart start) {}

  Opening(LambdaConfig config, PublishedTable store, Clock clock) {
    this.config = config;
    this.store = store;
    this.clock = clock;
  }

  Opened open(List<View> views, TopicLog log, Connection hbase) throws IOException {
    SpeedStart.Log bounds =
        new SpeedStart.Log(
            log.topic(), log.partitions(), log.beginOffsets(), log.oldestAppendTime());
    Instant now = clock.instant();

    Map<View, SpeedStart> starts = new LinkedHashMap<>();
    for (View view : views) {
      starts.put(
          view,
          SpeedStart.decide(
              view.name(),
              store.catalog().versions(view.name()),
              store.pointer().known(view.name()).current(),
              bounds,
              config.log().epoch(),
              now.minus(config.log().clockSkew())));
    }

    String life = UUID.randomUUID().toString();
    LifeFolder.of(config, log.topic(), life).make();

    List<Generation> generations = new ArrayList<>();
    try (Admin admin = hbase.getAdmin()) {
      for (Map.Entry<View, SpeedStart> start : starts.entrySet()) {
        generations.add(open(start.getKey(), start.getValue(), life, now, admin));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return new Opened(generations, SpeedStart.earliest(starts.values()));
  }

  private Generation open(View view, SpeedStart start, String life, Instant now, Admin admin)
      throws IOException {
    return store
        .catalog()
        .openGeneration(
            view.name(),
            number -> {
              Generation generation =
                  new Generation(
                      number,
                      ViewTables.speed(view.name(), number).getNameAsString(),
                      view.fingerprint(),
                      view.shape(),
                      life,
                      start.coverage(),
                      start.firstEpoch(),
                      start.offsets(),
                      config.log().epoch(),
                      retention(),
                      now);
              // Before the catalog names it: who finds a generation finds its table.
              createTable(generation, admin);
              return generation;
            });
  }

  /** HBase counts seconds. */
  private Duration retention() {
    return Duration.ofSeconds(config.speed().retention().toSeconds());
  }

  private void createTable(Generation generation, Admin admin) {
    try {
      if (ViewTables.createSpeed(admin, generation, config.hbase().regions())) {
        return;
      }

      // A starter that came no further than this left it, so it is empty.
      TableName table = TableName.valueOf(generation.table());
      int found = admin.getDescriptor(table).getColumnFamily(Cell.speedFamily()).getTimeToLive();
      if (found != generation.retention().toSeconds()) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot use table %s, which a start that was cut off left behind: it keeps cells for %d s (expected %d s, by lambda.speed.retention); remove it in the HBase shell: disable '%s'; drop '%s'",
                table,
                found,
                generation.retention().toSeconds(),
                table,
                table));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
