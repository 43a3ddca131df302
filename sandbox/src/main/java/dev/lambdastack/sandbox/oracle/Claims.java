package dev.lambdastack.sandbox.oracle;

import dev.lambdastack.sandbox.foodmart.ShopEvent;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Judges answers that were given while events flowed: none may hold more than had been sent when it
 * was there, and none less than it claims to hold, which is every event that was appended before
 * its freshness.
 */
public final class Claims {
  /**
   * An answer for all keys and windows of a view.
   *
   * @param sent how many events had been given to Kafka's client when the answer was there
   */
  public record Poll(String view, Answer answer, long sent) {}

  /**
   * An event of which Kafka said when it was appended.
   *
   * @param place its number in the order of production, from 0
   */
  public record Sent(long place, Instant appended, ShopEvent event) {}

  /**
   * What was found.
   *
   * @param wrong values outside their bounds
   * @param tightest the least number of events between the two bounds of an answer, of those that
   *     came when half of the events had been sent: bounds that leave room for everything would
   *     check nothing
   */
  public record Judgement(List<Difference> wrong, long tightest) {
    public Judgement {
      wrong = List.copyOf(wrong);
    }
  }

  private record Window(Object key, Instant start) {}

  private final Map<String, Question> questions = new HashMap<>();
  private final List<Sent> sent;

  /**
   * @param prefix of the views' names, as the {@link Oracle} takes it
   * @param sent all that was sent until the last answer was there
   */
  public Claims(String prefix, List<Sent> sent) {
    this.sent = List.copyOf(sent);
    for (Question question : Question.values()) {
      questions.put(prefix + question.view(), question);
    }
  }

  /** Judges answers of views that the oracle knows. */
  public Judgement judge(List<Poll> polls) {
    List<Difference> wrong = new ArrayList<>();
    Map<Poll, Long> least = new HashMap<>();
    Map<Poll, Long> most = new HashMap<>();

    List<Poll> byFreshness = new ArrayList<>(polls);
    byFreshness.sort(Comparator.comparing(Claims::freshness));
    List<Sent> byAppended = new ArrayList<>(sent);
    byAppended.sort(Comparator.comparing(Sent::appended));
    Sweep claimed = new Sweep(byAppended);
    for (Poll poll : byFreshness) {
      least.put(poll, claimed.to(e -> e.appended().isBefore(freshness(poll))));
      compare(poll, claimed.tallies.get(questions.get(poll.view())), true, wrong::add);
    }

    List<Poll> bySent = new ArrayList<>(polls);
    bySent.sort(Comparator.comparingLong(Poll::sent));
    List<Sent> byPlace = new ArrayList<>(sent);
    byPlace.sort(Comparator.comparingLong(Sent::place));
    Sweep produced = new Sweep(byPlace);
    for (Poll poll : bySent) {
      most.put(poll, produced.to(e -> e.place() < poll.sent()));
      compare(poll, produced.tallies.get(questions.get(poll.view())), false, wrong::add);
    }

    long half = sent.size() / 2;
    long tightest =
        polls.stream()
            .filter(p -> p.sent() > half)
            .mapToLong(p -> most.get(p) - least.get(p))
            .min()
            .orElse(Long.MAX_VALUE);
    return new Judgement(wrong, tightest);
  }

  private static Instant freshness(Poll poll) {
    return poll.answer().provenance().freshness();
  }

  /** Counts events in an order, as far as it was asked to. */
  private static final class Sweep {
    private final List<Sent> events;
    private final Map<Question, Map<Window, Tally>> tallies = new HashMap<>();
    private int next;

    Sweep(List<Sent> events) {
      this.events = events;
      for (Question question : Question.values()) {
        tallies.put(question, new HashMap<>());
      }
    }

    /** Counts on while it holds; how many were counted so far. */
    long to(Predicate<Sent> holds) {
      for (; next < events.size() && holds.test(events.get(next)); next++) {
        count(events.get(next).event());
      }
      return next;
    }

    private void count(ShopEvent event) {
      for (Question question : Question.values()) {
        question
            .key(event, Map.of())
            .ifPresent(
                key ->
                    tallies
                        .get(question)
                        .computeIfAbsent(
                            new Window(key, question.windowStart(event.time())), w -> new Tally())
                        .add(event));
      }
    }
  }

  /** Whether an answer holds at least, or at most, what was counted. */
  private void compare(
      Poll poll, Map<Window, Tally> tallies, boolean atLeast, Consumer<Difference> wrong) {
    Question question = questions.get(poll.view());
    Map<Window, MergedRow> rows = new HashMap<>();
    for (MergedRow row : poll.answer().rows()) {
      rows.put(new Window(row.key().get(0), row.start()), row);
    }

    if (atLeast) {
      tallies.forEach(
          (window, tally) -> {
            if (!rows.containsKey(window)) {
              wrong.accept(difference(poll, window, "row", question.values(tally), "none", true));
            }
          });
    }

    rows.forEach(
        (window, row) -> {
          Tally tally = tallies.get(window);
          if (tally == null) {
            if (!atLeast) {
              wrong.accept(difference(poll, window, "row", "none", row.values(), false));
            }
            return;
          }

          question
              .growing(tally)
              .forEach(
                  (metric, bound) -> {
                    int sign = compare(row.value(metric), bound);
                    if (atLeast ? sign < 0 : sign > 0) {
                      wrong.accept(
                          difference(poll, window, metric, bound, row.value(metric), atLeast));
                    }
                  });
        });
  }

  @SuppressWarnings("unchecked")
  private static int compare(Object found, Object bound) {
    return ((Comparable<Object>) found).compareTo(bound);
  }

  private static Difference difference(
      Poll poll, Window window, String what, Object bound, Object found, boolean atLeast) {
    return new Difference(
        poll.view(),
        window.key(),
        window.start(),
        what,
        atLeast
            ? "at least %s (fresh up to %s)".formatted(bound, freshness(poll))
            : String.format(Locale.ROOT, "at most %s (%d events were sent)", bound, poll.sent()),
        found);
  }
}
