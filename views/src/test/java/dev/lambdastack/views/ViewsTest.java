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
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        .hasMessageStartingWith("Cannot load the views of user.Missing (" + folder + "): ")
        .hasMessageEndingWith("; check that class and its jar");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "public New() { throw new IllegalStateException(\"odd\"); }",
        "static { if (true) throw new IllegalStateException(\"odd\"); }",
        "private final int n = Integer.parseInt(\"odd\");"
      })
  void aProviderThatFailsIsNamed(String member, @TempDir Path folder) throws IOException {
    compile(folder, member, "return List.of();");
    assertThatThrownBy(() -> load(folder, "user.New"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot load the views of user.New (" + folder + "): ")
        .hasMessageContaining("odd");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "throw new IllegalStateException(\"odd\");",
        "return null;",
        "throw new NoSuchMethodError();"
      })
  void viewsThatFailAreOfANamedProvider(String body, @TempDir Path folder) throws IOException {
    compile(folder, "", body);
    assertThatThrownBy(() -> load(folder, "user.New"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot load the views of user.New (" + folder + "): ");
  }

  @Test
  void aProviderForANewerJavaIsNamed(@TempDir Path folder) throws IOException {
    Path compiled = compile(folder, "", "return List.of();");
    byte[] bytes = Files.readAllBytes(compiled);
    int majorVersion = 7;
    bytes[majorVersion] = 99;
    Files.write(compiled, bytes);
    assertThatThrownBy(() -> load(folder, "user.New"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot load the views of user.New (" + folder + "): ")
        .hasMessageContaining("more recent version of the Java Runtime");
  }

  /** A provider {@code user.New} with this member and this in {@code views()}. */
  private static Path compile(Path folder, String member, String body) throws IOException {
    Path source =
        Files.writeString(
            Files.createDirectories(folder.resolve("user")).resolve("New.java"),
            """
            package user;

            import dev.lambdastack.views.View;
            import dev.lambdastack.views.ViewProvider;
            import java.util.List;

            public class New implements ViewProvider {
              %s

              @Override
              public List<View> views() {
                %s
              }
            }
            """
                .formatted(member, body));
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", System.getProperty("java.class.path"), source.toString());
    assertThat(code).isZero();
    return folder.resolve("user/New.class");
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
