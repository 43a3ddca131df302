package dev.lambdastack.batch.publish;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.serving.store.Catalog.CatalogVersion;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.Progress;
import dev.lambdastack.views.handoff.PublishedRow;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The catalog of one view, entry by entry. Version N and generation N begin at the start of hour N
 * of {@link #START}.
 */
final class TestCatalog {
  static final Instant START = Instant.parse("2026-01-31T00:00:00Z");
  private static final Duration EPOCH = Duration.ofHours(1);
  private static final View VIEW = view("kind");
  private static final View OTHER = view("user");

  private final List<Version> past = new ArrayList<>();
  private final List<CatalogVersion> versions = new ArrayList<>();
  private final Map<Generation, Progress> generations = new HashMap<>();
  private final Map<Long, Instant> left = new HashMap<>();
  private Optional<PublishedRow> current = Optional.empty();

  private static View view(String key) {
    return View.named("sales")
        .over(Sale.type("sales", Sale.V1))
        .keyedBy(key)
        .window(Duration.ofDays(1))
        .metric("n", Metric.count())
        .build();
  }

  static Instant hour(long hour) {
    return START.plus(Duration.ofHours(hour));
  }

  private static long epoch(long hour) {
    return hour(hour).getEpochSecond() / 3600;
  }

  static Version version(long number, long rows) {
    return version(number, rows, VIEW);
  }

  static Version otherKey(long number, long rows) {
    return version(number, rows, OTHER);
  }

  private static Version version(long number, long rows, View view) {
    return new Version(
        number,
        "lambda:sales.v" + number,
        view.fingerprint(),
        view.shape(),
        new Horizon(epoch(number), Map.of(0, number)),
        EPOCH,
        1,
        "digest",
        Version.Counts.of(rows, rows),
        hour(number),
        Optional.empty());
  }

  /** A version that answered in these hours; null for never, or not yet. */
  TestCatalog answered(Version version, Long since, Long until) {
    versions.add(
        new CatalogVersion(
            version,
            Optional.ofNullable(since).map(TestCatalog::hour),
            Optional.ofNullable(until).map(TestCatalog::hour),
            Optional.empty()));
    return this;
  }

  TestCatalog past(Version version) {
    past.add(version);
    return this;
  }

  TestCatalog candidate(Version version) {
    return answered(version, null, null);
  }

  /** A generation that covers from its hour on and was fed until another. */
  TestCatalog generation(Generation generation, long fedUntil, Long leftAt) {
    generations.put(
        generation,
        new Progress(Map.of(0, new Progress.Applied(99, hour(fedUntil).toEpochMilli()))));
    if (leftAt != null) {
      left.put(generation.number(), hour(leftAt));
    }
    return this;
  }

  static Generation generation(long number, boolean other, long coverage) {
    View view = other ? OTHER : VIEW;
    return new Generation(
        number,
        "lambda:sales.speed.g" + number,
        view.fingerprint(),
        view.shape(),
        "life-" + number,
        epoch(coverage),
        epoch(coverage),
        Map.of(0, coverage),
        EPOCH,
        Duration.ofDays(7),
        hour(coverage));
  }

  Catalog publishing(Version version, Optional<Generation> generation) {
    current = Optional.of(new PublishedRow("sales", 3, Optional.of(version), generation));
    return catalog();
  }

  Catalog catalog() {
    return new Catalog(
        "sales", new PublishedRow.Known(current, generations), versions, past, left, Set.of());
  }
}
