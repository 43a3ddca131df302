package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewsTest {
  /** What a user's jar names. */
  public static final class GoodProvider implements ViewProvider {
    @Override
    public List<View> views() {
      return List.of(TestRows.VIEW);
    }
  }

  /** One that declares what cannot be. */
  public static final class BadProvider implements ViewProvider {
    private final View view =
        View.named("bad")
            .over(TestTypes.EVERYTHING)
            .window(Duration.ofMinutes(1))
            .metric("m", Metric.sum("real"))
            .build();

    @Override
    public List<View> views() {
      return List.of(view);
    }
  }

  /** One whose class cannot be initialized, as when it names a schema that is not there. */
  public static final class BadConstantProvider implements ViewProvider {
    private static final EventType TYPE = EventType.of("everything", TestTypes.SCHEMA, "at", "x");

    @Override
    public List<View> views() {
      return List.of(
          View.named("v")
              .over(TYPE)
              .window(Duration.ofMinutes(1))
              .metric("n", Metric.count())
              .build());
    }
  }

  private static Views load(Path folder, String provider) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(ViewProvider.class.getName()), provider);
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, ViewsTest.class.getClassLoader())) {
      return Views.load(loader);
    }
  }

  @Test
  void providersAreFound(@TempDir Path folder) throws IOException {
    Views views = load(folder, GoodProvider.class.getName());
    assertThat(views.all()).containsExactly(TestRows.VIEW);
    assertThat(views.find("daily_sales")).isSameAs(TestRows.VIEW);
    assertThat(views.ofTopic("everything")).containsExactly(TestRows.VIEW);
    assertThat(views.ofTopic("other")).isEmpty();
    assertThat(views.eventType("everything")).isEqualTo(TestTypes.EVERYTHING);
  }

  @Test
  void aProviderThatCannotBeLoadedIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> load(folder, "user.Missing"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot load the views: ")
        .hasMessageContaining("user.Missing")
        .hasMessageEndingWith(
            "; check the jar and its META-INF/services/dev.lambdastack.views.ViewProvider");
  }

  @Test
  void whatADeclarationSaysIsWrongIsSaidAsItIs(@TempDir Path folder) {
    assertThatThrownBy(() -> load(folder, BadProvider.class.getName()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot take sum of column 'real' (DOUBLE) for metric 'm': ");
  }

  @Test
  void whatAConstantOfAProviderSaysIsWrongIsSaidAsItIs(@TempDir Path folder) {
    assertThatThrownBy(() -> load(folder, BadConstantProvider.class.getName()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("No column 'x' in schema test.Everything of topic everything");
  }

  @Test
  void unknownNamesAreRefusedWithTheKnownOnes() {
    Views views = Views.of(List.of(TestRows.VIEW, TestTypes.ALL_METRICS));
    assertThatThrownBy(() -> views.find("x"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("No view 'x'; the views are all_metrics, daily_sales");
    assertThatThrownBy(() -> views.eventType("x"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("No view reads topic 'x'; the topics with views are everything");
    assertThatThrownBy(() -> Views.of(List.of()).find("x"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("No view 'x'; there are no views on the class path (put your view jar there)");
  }

  @Test
  void twoViewsOfOneNameOrTwoSchemasOfOneTopicAreRefused() {
    assertThatThrownBy(() -> Views.of(List.of(TestRows.VIEW, TestRows.VIEW)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Two jars on the class path declare view 'daily_sales': rename one or remove one jar");
    View other =
        View.named("other")
            .over(EventType.of("everything", TestTypes.SCHEMA, "time", "text"))
            .window(Duration.ofMinutes(1))
            .metric("n", Metric.count())
            .build();
    assertThatThrownBy(() -> Views.of(List.of(TestRows.VIEW, other)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "Views daily_sales and other declare topic everything with different schemas or columns: a topic has one event type");
  }
}
