package dev.lambdastack.batch.publish;

import static dev.lambdastack.batch.publish.TestCatalog.generation;
import static dev.lambdastack.batch.publish.TestCatalog.hour;
import static dev.lambdastack.batch.publish.TestCatalog.otherKey;
import static dev.lambdastack.batch.publish.TestCatalog.version;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.serving.store.Catalog;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Version;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CleanupPlanTest {
  private static CleanupPlan.Terms terms(int keep, long hour) {
    return new CleanupPlan.Terms(
        keep, Duration.ofMinutes(1), Duration.ofHours(12), Duration.ofHours(24), hour(hour));
  }

  private static List<Long> versions(Catalog catalog, CleanupPlan.Terms terms) {
    return CleanupPlan.of(catalog, terms).versions().stream().map(Version::number).toList();
  }

  private static List<Long> generations(Catalog catalog, CleanupPlan.Terms terms) {
    return CleanupPlan.of(catalog, terms).generations().stream().map(Generation::number).toList();
  }

  @Test
  void theNewestStayAndTheOneThatAnswersAmongThem() {
    Catalog catalog =
        new TestCatalog()
            .answered(version(1, 1), 1L, 2L)
            .answered(version(2, 1), 2L, 3L)
            .answered(version(3, 1), 3L, 4L)
            .answered(version(4, 1), 4L, null)
            .publishing(version(4, 1), Optional.empty());
    assertThat(versions(catalog, terms(3, 5))).containsExactly(1L);
    assertThat(versions(catalog, terms(1, 5))).containsExactly(1L, 2L, 3L);
    assertThat(versions(catalog, terms(4, 5))).isEmpty();
  }

  /** Versions of the past count for none of the others, and go by their age alone. */
  @Test
  void versionsOfThePastGoByTheirAge() {
    Catalog catalog =
        new TestCatalog()
            .answered(version(1, 1), 1L, 2L)
            .past(version(2, 1))
            .past(version(3, 1))
            .answered(version(4, 1), 4L, null)
            .publishing(version(4, 1), Optional.empty());
    assertThat(versions(catalog, terms(2, 14))).isEmpty();
    assertThat(versions(catalog, terms(2, 15))).containsExactly(2L);
    assertThat(versions(catalog, terms(1, 16))).containsExactly(1L, 2L, 3L);
    assertThat(versions(new TestCatalog().past(version(2, 1)).catalog(), terms(2, 15)))
        .as("nothing is published")
        .containsExactly(2L);
  }

  /** After a roll-back an old one answers: it stays, however old, and so does the newest kept. */
  @Test
  void whatAnswersAfterARollBackStays() {
    Catalog catalog =
        new TestCatalog()
            .answered(version(1, 1), 9L, 2L)
            .answered(version(2, 1), 2L, 3L)
            .answered(version(3, 1), 3L, 9L)
            .publishing(version(1, 1), Optional.empty());
    assertThat(versions(catalog, terms(2, 10))).containsExactly(2L);
    assertThat(versions(catalog, terms(1, 10))).containsExactly(2L, 3L);
  }

  @Test
  void whatAReaderMayStillReadStays() {
    Catalog catalog =
        new TestCatalog()
            .answered(version(1, 1), 1L, 2L)
            .answered(version(2, 1), 2L, null)
            .publishing(version(2, 1), Optional.empty());
    assertThat(versions(catalog, terms(1, 2))).as("a minute after the flip").isEmpty();
    assertThat(versions(catalog, terms(1, 3))).containsExactly(1L);
  }

  @Test
  void candidatesWaitUntilAnotherAnswers() {
    Catalog catalog =
        new TestCatalog()
            .candidate(version(1, 1))
            .answered(version(2, 1), 2L, null)
            .candidate(version(3, 1))
            .candidate(version(4, 1))
            .publishing(version(2, 1), Optional.empty());
    assertThat(versions(catalog, terms(2, 5))).as("all are young").isEmpty();
    assertThat(versions(catalog, terms(2, 100))).containsExactly(1L);
    assertThat(versions(catalog, terms(1, 100))).containsExactly(1L, 3L);
  }

  @Test
  void nothingGoesWhereNothingIsPublished() {
    Catalog catalog = new TestCatalog().candidate(version(1, 1)).candidate(version(2, 1)).catalog();
    assertThat(CleanupPlan.of(catalog, terms(1, 1_000)).isEmpty()).isTrue();
  }

  @Test
  void aGenerationGoesWithTheLastVersionThatNeedsIt() {
    Generation old = generation(1, true, 1);
    Generation now = generation(2, false, 2);
    TestCatalog catalog =
        new TestCatalog()
            .answered(otherKey(1, 1), 1L, 2L)
            .answered(version(2, 1), 2L, null)
            .generation(old, 3, 2L)
            .generation(now, 100, null);
    Catalog published = catalog.publishing(version(2, 1), Optional.of(now));
    assertThat(generations(published, terms(2, 100))).as("version 1 may need it").isEmpty();
    assertThat(generations(published, terms(1, 100))).containsExactly(1L);
    assertThat(generations(published, terms(1, 20))).as("fed a day ago").isEmpty();
  }

  @Test
  void generationsThatCatchUpAndTheOneThatAnswersStay() {
    Generation answering = generation(2, false, 2);
    Catalog catalog =
        new TestCatalog()
            .answered(version(2, 1), 2L, null)
            .generation(generation(1, true, 1), 1, null)
            .generation(answering, 3, null)
            .generation(generation(3, true, 3), 3, null)
            .publishing(version(2, 1), Optional.of(answering));
    assertThat(generations(catalog, terms(1, 1_000))).containsExactly(1L);
  }

  @Test
  void withoutAGenerationThatAnswersAllStay() {
    Catalog catalog =
        new TestCatalog()
            .answered(version(2, 1), 2L, null)
            .generation(generation(1, true, 1), 1, null)
            .publishing(version(2, 1), Optional.empty());
    assertThat(generations(catalog, terms(1, 1_000))).isEmpty();
  }
}
