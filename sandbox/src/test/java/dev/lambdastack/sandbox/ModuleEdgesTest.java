package dev.lambdastack.sandbox;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.lambdastack.console.CommandRunner;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The edges between the modules, as the architecture draws them. */
class ModuleEdgesTest {

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
  void servingKnowsNoStage() {
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
  void stagesSeeOfServingOnlyTheStore() {
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
  void stagesDoNotSeeEachOther() {
    check(
        slices()
            .matching("dev.lambdastack.(batch|speed|dimension)..")
            .should()
            .notDependOnEachOther()
            .because("the layers meet in the log and in the store, nowhere else"));
  }

  @Test
  void stagesKnowNeitherTheSandboxNorTheCommand() {
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

  private static void check(ArchRule rule) {
    rule.check(classes);
  }
}
