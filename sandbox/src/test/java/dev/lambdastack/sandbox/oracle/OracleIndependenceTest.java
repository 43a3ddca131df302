package dev.lambdastack.sandbox.oracle;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class OracleIndependenceTest {
  private static final String SANDBOX = "dev.lambdastack.sandbox";

  @Test
  void theOracleSharesNoCodeWithTheViews() {
    classes()
        .that()
        .resideInAnyPackage(SANDBOX + ".oracle", SANDBOX + ".foodmart")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            SANDBOX + ".oracle",
            SANDBOX + ".foodmart",
            "dev.lambdastack.serving.read",
            "dev.lambdastack.serving.merge",
            "com.fasterxml.jackson..")
        .because("a judge who shares the code he judges shares its mistakes")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(SANDBOX + ".oracle", SANDBOX + ".foodmart"));
  }
}
