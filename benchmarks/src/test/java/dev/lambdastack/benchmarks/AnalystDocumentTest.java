package dev.lambdastack.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class AnalystDocumentTest {
  private static final Path PRINTED = Path.of("../docs/master-dataset.md");

  @Test
  void statementsAndOptionsAreThoseOfTheSection() {
    AnalystDocument document =
        new AnalystDocument(
            """
            # Title

            ## One

                tool --conf a.b=c \\
                  --conf d=hdfs://e:1/f

            ```sql
            -- A note; with a semicolon.
            SELECT 1
            FROM t;

            SELECT 2;
            ```

            ## Two

            ```sql
            SELECT 3;
            ```
            """);
    assertThat(document.statements("One")).containsExactly("SELECT 1 FROM t", "SELECT 2");
    assertThat(document.statement("Two", "SELECT")).isEqualTo("SELECT 3");
    assertThatThrownBy(() -> document.statement("One", "SELECT")).hasMessageContaining("'One'");
    assertThatThrownBy(() -> document.statements("Three")).hasMessageContaining("'Three'");
    assertThat(AnalystDocument.options(document.section("One")))
        .containsExactly(entry("a.b", "c"), entry("d", "hdfs://e:1/f"));
  }

  /** What a run replaces stands there, and what it names runs beside the versions of the peers. */
  @Test
  void thePrintedDocumentIsTheOneThatARunKnows() throws IOException {
    AnalystDocument document = AnalystDocument.read(PRINTED);
    assertThat(AnalystDocument.options(document.section("Spark")))
        .containsValue(AnalystDocument.WAREHOUSE);
    assertThat(document.statement("Spark", "TIMESTAMP AS OF")).contains(AnalystDocument.MOMENT);
    assertThat(document.statements("DuckDB"))
        .isNotEmpty()
        .allSatisfy(sql -> assertThat(sql).contains("'" + AnalystDocument.FILES));
    assertThat(document.statement("Maintenance by others", "expire_snapshots("))
        .contains(AnalystDocument.AGE);
    assertThat(document.statement("Maintenance by others", "remove_orphan_files("))
        .contains(AnalystDocument.AGE);

    String runtime = "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:";
    String version =
        Files.readString(Path.of("peers/spark/pom.xml"))
            .split("iceberg-spark-runtime-3.5_2.12</artifactId>\\s*<version>")[1]
            .split("<")[0];
    assertThat(document.section("Spark")).contains(runtime + version + " ");
  }
}
