package dev.lambdastack.sandbox;

import static dev.lambdastack.sandbox.Screen.count;

import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.LambdaClient;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A few answers as a person would want to read them, each with where it comes from. */
final class Answers {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("EEE d MMM yyyy", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
  static final DateTimeFormatter SECOND =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final LambdaClient client;
  private final Screen screen;

  Answers(LambdaClient client, Screen screen) {
    this.client = client;
    this.screen = screen;
  }

  /** The week of a category's sales that begins on a day. */
  void week(String category, LocalDate monday) throws IOException {
    Instant from = start(monday);
    Answer answer =
        client.query("daily_sales", List.of(category), from, from.plus(Duration.ofDays(7)));

    screen.say("What did a week of %s bring? (daily_sales)", category.toLowerCase(Locale.ROOT));
    screen.say(
        "  %-16s %8s %12s %10s %10s %12s",
        "day", "orders", "revenue", "average", "customers", "from speed");
    for (MergedRow row : answer.rows()) {
      screen.say(
          "  %-16s %8s %12s %10s %10s %12s",
          DAY.format(row.start()),
          count((Long) row.value("order_count")),
          money(row.value("total_revenue")),
          money(row.value("avg_order_value")),
          count((Long) row.value("unique_customers")),
          share(row.speedEvents(), row.events()));
    }
    screen.say("  %s", source(answer));
  }

  /** What happened in the shops for so long from a time on. */
  void minutes(Instant from, Duration length) throws IOException {
    Answer answer = client.queryAll("action_metrics", from, from.plus(length));

    screen.say(
        "What happened in the shops on %s from %s on, by the minute? (action_metrics)",
        DAY.format(from), MINUTE.format(from));
    screen.say(
        "  %-6s %-10s %8s %12s %10s %12s",
        "minute", "action", "events", "amount", "customers", "from speed");
    for (MergedRow row : answer.rows()) {
      screen.say(
          "  %-6s %-10s %8s %12s %10s %12s",
          MINUTE.format(row.start()),
          row.key().get(0),
          count((Long) row.value("event_count")),
          money(row.value("total_amount")),
          count((Long) row.value("unique_users")),
          share(row.speedEvents(), row.events()));
    }
    screen.say("  %s", source(answer));
  }

  /** The brands that sold most in the window of four weeks that holds a day. */
  void brands(LocalDate day, int most) throws IOException {
    long window = Duration.ofDays(28).toMillis();
    Instant from = Instant.ofEpochMilli(Math.floorDiv(start(day).toEpochMilli(), window) * window);
    Answer answer = client.queryAll("sales_by_brand", from, from.plusMillis(1));

    screen.say(
        "Which brands sold most in the four weeks from %s on? (sales_by_brand, joined to the products)",
        DAY.format(from));
    screen.say(
        "  %-16s %8s %12s %10s %12s", "brand", "orders", "revenue", "customers", "from speed");
    answer.rows().stream()
        .sorted(
            Comparator.comparing((MergedRow r) -> (BigDecimal) r.value("total_revenue")).reversed())
        .limit(most)
        .forEach(
            row ->
                screen.say(
                    "  %-16s %8s %12s %10s %12s",
                    row.key().get(0),
                    count((Long) row.value("order_count")),
                    money(row.value("total_revenue")),
                    count((Long) row.value("unique_customers")),
                    share(row.speedEvents(), row.events())));
    screen.say("  %s", source(answer));
  }

  /** One line on how the year's sales of a category stand right now. */
  String soFar(String category, int year) throws IOException {
    Answer answer =
        client.query(
            "daily_sales",
            List.of(category),
            start(LocalDate.of(year, 1, 1)),
            start(LocalDate.of(year + 1, 1, 1)));

    BigDecimal revenue =
        answer.rows().stream()
            .map(r -> (BigDecimal) r.value("total_revenue"))
            .reduce(BigDecimal.ZERO, BigDecimal::add);

    Provenance from = answer.provenance();
    return String.format(
        Locale.ROOT,
        "%s in %d so far: %s orders, %s; batch version %s, %s from speed, %.1f s old",
        category,
        year,
        count(answer.events()),
        money(revenue),
        from.version().map(v -> Long.toString(v.number())).orElse("none"),
        share(answer.speedEvents(), answer.events()),
        from.age().toMillis() / 1000.0);
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static String source(Answer answer) {
    Provenance from = answer.provenance();
    return "= batch version %s (all that was logged before %s) + speed (what was logged since): %s of %s events"
        .formatted(
            from.version().map(Version::number).map(Object::toString).orElse("none"),
            SECOND.format(from.horizon()),
            count(answer.speedEvents()),
            count(answer.events()));
  }

  static String money(Object amount) {
    return String.format(Locale.ROOT, "%,.2f", (BigDecimal) amount);
  }

  static String share(long part, long whole) {
    return whole == 0 ? "0 %" : Math.round(100.0 * part / whole) + " %";
  }
}
