package dev.lambdastack.sandbox;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.lambdastack.console.CommandRunner;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * The edges between the modules, as the architecture draws them, and between the packages of each.
 */
class ModuleEdgesTest {

  private static final String OURS = "dev.lambdastack.";

  private static final String VIEWS = "dev.lambdastack.views..";
  private static final String SCHEMAS = "dev.lambdastack.schemas..";
  private static final String EVENTS = "dev.lambdastack.events..";
  private static final String SETTINGS = "dev.lambdastack.settings..";
  private static final String CONSOLE = "dev.lambdastack.console..";
  private static final String SERVING = "dev.lambdastack.serving..";
  private static final String LOG = "dev.lambdastack.log..";
  private static final String BATCH = "dev.lambdastack.batch..";
  private static final String SPEED = "dev.lambdastack.speed..";
  private static final String DIMENSION = "dev.lambdastack.dimension..";
  private static final String REFERENCE = "dev.lambdastack.reference..";
  private static final String EMBEDDED = "dev.lambdastack.embedded..";
  private static final String CLI = "dev.lambdastack.cli..";
  private static final String SANDBOX = "dev.lambdastack.sandbox..";

  private static final String[] ENGINES = {
    "org.apache.kafka..",
    "org.apache.hadoop..",
    "org.apache.flink..",
    "org.apache.parquet..",
    "org.apache.zookeeper.."
  };

  /**
   * Which packages of its own module a package uses, from the lowest up. One that is not here uses
   * none of them.
   */
  private static final Map<String, Set<String>> WITHIN_MODULES =
      Map.ofEntries(
          // A view knows what it aggregates to, and an aggregate what it is made of.
          entry("views", Set.of("views.aggregate")),
          entry("views.aggregate", Set.of("views")),
          entry("views.handoff", Set.of("views")),
          entry("settings", Set.of("settings.files")),
          entry("reference", Set.of("reference.alert")),
          entry("serving.read", Set.of("serving.store", "serving.merge")),
          entry("serving.query", Set.of("serving.store", "serving.merge", "serving.read")),
          entry("batch.master", Set.of("batch.job")),
          entry("batch.archive", Set.of("batch.job", "batch.master")),
          entry("batch.compact", Set.of("batch.job", "batch.master")),
          entry("batch.audit", Set.of("batch.master")),
          entry("batch.backup", Set.of("batch.job", "batch.master")),
          entry("batch.events", Set.of("batch.master")),
          entry("batch.deadletters", Set.of("batch.job", "batch.master")),
          entry("batch.recompute", Set.of("batch.job", "batch.master", "batch.publish")),
          entry("speed.progress", Set.of("speed.message", "speed.plan")),
          entry("speed.source", Set.of("speed.message", "speed.plan")),
          entry("speed.window", Set.of("speed.message", "speed.plan")),
          entry("speed.sink", Set.of("speed.message", "speed.plan", "speed.progress")),
          entry(
              "speed",
              Set.of(
                  "speed.message", "speed.plan", "speed.source", "speed.window", "speed.progress")),
          entry(
              "speed.launch",
              Set.of(
                  "speed",
                  "speed.message",
                  "speed.plan",
                  "speed.source",
                  "speed.sink",
                  "speed.progress")),
          entry(
              "speed.alert",
              Set.of(
                  "speed.message", "speed.plan", "speed.source", "speed.progress", "speed.launch")),
          entry("cli", Set.of("cli.ask", "cli.batch", "cli.send", "cli.speed")),
          entry("sandbox.produce", Set.of("sandbox.foodmart", "sandbox.oracle")),
          entry("sandbox.oracle", Set.of("sandbox.foodmart")),
          entry("sandbox", Set.of("sandbox.foodmart", "sandbox.oracle", "sandbox.produce")),
          entry("sandbox.chaos", Set.of("sandbox", "sandbox.oracle", "sandbox.produce")));

  private static JavaClasses classes;

  @BeforeAll
  static void readOurClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.lambdastack");
  }

  /** A rule over a module that is not on the classpath would hold of nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        VIEWS, SCHEMAS, EVENTS, SETTINGS, CONSOLE, SERVING, LOG, BATCH, SPEED, DIMENSION, REFERENCE,
        EMBEDDED, CLI, SANDBOX
      })
  void everyModuleIsLookedAt(String module) {
    assertThat(classes.that(resideInAPackage(module))).isNotEmpty();
  }

  @Test
  void viewsKnowNoEngineAndNoOtherModule() {
    check(
        noClasses()
            .that()
            .resideInAPackage(VIEWS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ENGINES)
            .orShould()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..").and(resideOutsideOfPackages(VIEWS)))
            .because("a view means the same in both layers because it knows neither"));
  }

  @Test
  void schemasKnowNoEngineAndOnlyViews() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(SCHEMAS, EVENTS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ENGINES)
            .orShould()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..")
                    .and(resideOutsideOfPackages(VIEWS, SCHEMAS, EVENTS)))
            .because("producers take this jar"));
  }

  @Test
  void settingsKnowOnlyTheContract() {
    check(
        noClasses()
            .that()
            .resideInAPackage(SETTINGS)
            .should()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..").and(resideOutsideOfPackages(VIEWS, SETTINGS)))
            .because("every layer reads them"));
  }

  @Test
  void theConsoleKnowsOnlyTheContractAndTheSettings() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CONSOLE)
            .should()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..")
                    .and(resideOutsideOfPackages(VIEWS, SETTINGS, CONSOLE)))
            .because("every command looks the same, whatever it does"));
  }

  @Test
  void onlyCommandsKnowTheCommandLine() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.lambdastack..")
            .and()
            .resideOutsideOfPackages(
                CONSOLE,
                CLI,
                SANDBOX,
                "dev.lambdastack.serving.query..",
                "dev.lambdastack.benchmarks..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("picocli..", CONSOLE)
            .because("no task of an engine carries a command line"));
  }

  @Test
  void servingKnowsNoJob() {
    check(
        noClasses()
            .that()
            .resideInAPackage(SERVING)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(LOG, BATCH, SPEED, DIMENSION, EMBEDDED, CLI, SANDBOX)
            .because("an analyst's jar answers without the jobs"));
  }

  @Test
  void servingHoldsNoServersAndNoJobs() {
    check(
        noClasses()
            .that()
            .resideInAPackage(SERVING)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.apache.kafka..",
                "org.apache.flink..",
                "org.apache.parquet..",
                "org.apache.hadoop.mapreduce..",
                "org.apache.hadoop.hbase.mapreduce..")
            .because("the read client is light: hbase-client and no more"));
  }

  @Test
  void theLogKnowsKafkaAndTheContractOnly() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.lambdastack.log")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.hadoop..", "org.apache.flink..", "org.apache.parquet..")
            .orShould()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..")
                    .and(resideOutsideOfPackages(VIEWS, "dev.lambdastack.log", SETTINGS)))
            .because("both layers read a topic by it"));
  }

  @Test
  void whatBothLayersAgreeOnIsFilesAndTheContract() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.lambdastack.log.agreement")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.apache.kafka..", "org.apache.hadoop.hbase..", "org.apache.flink..")
            .because("the archive needs HBase at no time"));
  }

  @Test
  void jobsSeeOfServingOnlyTheStore() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(BATCH, SPEED, DIMENSION)
            .should()
            .dependOnClassesThat(
                resideInAPackage(SERVING)
                    .and(resideOutsideOfPackages("dev.lambdastack.serving.store..")))
            .because("jobs write what clients read; they do not read as clients"));
  }

  @Test
  void jobsDoNotSeeEachOther() {
    check(
        slices()
            .matching("dev.lambdastack.(batch|speed|dimension)..")
            .should()
            .notDependOnEachOther()
            .because("the layers meet in the log and in the store, nowhere else"));
  }

  @Test
  void jobsKnowNeitherTheSandboxNorTheCommand() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(BATCH, SPEED, DIMENSION)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(EMBEDDED, CLI, SANDBOX)
            .because("a job runs on a cluster"));
  }

  @Test
  void noEngineNamesAViewOrAnEvent() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(
                VIEWS, SCHEMAS, SETTINGS, CONSOLE, SERVING, LOG, BATCH, SPEED, DIMENSION)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(REFERENCE, EVENTS)
            .because("the reference views are found like a user's own, by ServiceLoader"));
  }

  @Test
  void referenceViewsKnowOnlyTheContractAndTheirEvents() {
    check(
        noClasses()
            .that()
            .resideInAPackage(REFERENCE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ENGINES)
            .orShould()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..")
                    .and(resideOutsideOfPackages(VIEWS, SCHEMAS, EVENTS, REFERENCE)))
            .because("a user's jar has no more either"));
  }

  @Test
  void embeddedServersKnowNothingOfOurs() {
    check(
        noClasses()
            .that()
            .resideInAPackage(EMBEDDED)
            .should()
            .dependOnClassesThat(
                resideInAPackage("dev.lambdastack..").and(resideOutsideOfPackages(EMBEDDED)))
            .because("they are servers as anybody runs them"));
  }

  @Test
  void nothingOfTheProductNeedsTheEmbeddedServersOrTheSandbox() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.lambdastack..")
            .and()
            .resideOutsideOfPackages(SANDBOX, EMBEDDED)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(SANDBOX, EMBEDDED)
            .because("they exist to try the rest"));
  }

  @Test
  void everyCommandLineIsReadByTheOneRunner() {
    check(
        noClasses()
            .that()
            .doNotBelongToAnyOf(CommandRunner.class)
            .should()
            .callConstructor(CommandLine.class, Object.class)
            .because("arguments are taken, and commands end, the same way everywhere"));
  }

  @Test
  void packagesOfAModuleUseEachOtherAsListedAndNoOtherwise() {
    Set<String> found = new TreeSet<>();
    for (JavaClass from : classes) {
      for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
        String user = from.getPackageName();
        String used = dependency.getTargetClass().getBaseComponentType().getPackageName();
        if (!user.equals(used) && module(user).equals(module(used))) {
          found.add(shortened(user) + " uses " + shortened(used));
        }
      }
    }

    Set<String> listed = new TreeSet<>();
    WITHIN_MODULES.forEach((user, all) -> all.forEach(used -> listed.add(user + " uses " + used)));

    Set<String> notListed = new TreeSet<>(found);
    notListed.removeAll(listed);
    assertThat(notListed).as("not listed in WITHIN_MODULES").isEmpty();

    Set<String> notFound = new TreeSet<>(listed);
    notFound.removeAll(found);
    assertThat(notFound).as("listed in WITHIN_MODULES, and no longer so").isEmpty();
  }

  @Test
  void noPackagesGoRoundInACircle() {
    check(
        slices()
            .matching("dev.lambdastack.(**)")
            .should()
            .beFreeOfCycles()
            .ignoreDependency(
                resideInAPackage("dev.lambdastack.views"),
                resideInAPackage("dev.lambdastack.views.aggregate"))
            .because("each can be read without those above it"));
  }

  /** The first name after {@code dev.lambdastack}; another's package is of no module of ours. */
  private static String module(String packageName) {
    return packageName.startsWith(OURS) ? shortened(packageName).replaceAll("\\..*", "") : "";
  }

  private static String shortened(String packageName) {
    return packageName.replace(OURS, "");
  }

  private static void check(ArchRule rule) {
    rule.check(classes);
  }
}
