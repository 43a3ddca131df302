package dev.lambdastack.speed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LifeFolderTest {
  @TempDir Path folder;

  private LifeFolder lifeFolder() {
    return LifeFolder.of(config(folder.toUri().toString()), "orders", "life-1");
  }

  private static LambdaConfig config(String uri) {
    Configuration conf = new Configuration(false);
    conf.set("lambda.speed.checkpoints", uri);
    return LambdaConfig.of(conf);
  }

  private void checkpoint(String path, long seconds) throws IOException {
    Path metadata = folder.resolve("orders/life-1").resolve(path).resolve("_metadata");
    Files.createDirectories(metadata.getParent());
    Files.writeString(metadata, "x");
    Files.setLastModifiedTime(metadata, FileTime.fromMillis(seconds * 1000));
  }

  @Test
  void aLifeWithoutCheckpointsHasNone() {
    assertThat(lifeFolder().newest()).isEmpty();
  }

  @Test
  void theNewestIsTheOneThatWasCompletedLastOverAllRuns() throws Exception {
    checkpoint("job-a/chk-9", 10);
    checkpoint("job-a/chk-10", 11);
    checkpoint("job-b/chk-3", 12);
    assertThat(lifeFolder().newest()).get().asString().endsWith("orders/life-1/job-b/chk-3");
  }

  @Test
  void ofTwoInOneInstantTheGreaterNumberIsNewer() throws Exception {
    checkpoint("job-a/chk-9", 10);
    checkpoint("job-a/chk-10", 10);
    assertThat(lifeFolder().newest()).get().asString().endsWith("chk-10");
  }

  @Test
  void savepointsCountAndUnfinishedCheckpointsDoNot() throws Exception {
    checkpoint("job-a/chk-9", 10);
    checkpoint("savepoints/savepoint-1-2", 11);
    Files.createDirectories(folder.resolve("orders/life-1/job-a/chk-12"));
    assertThat(lifeFolder().newest()).get().asString().endsWith("savepoints/savepoint-1-2");
  }

  @Test
  void aFolderWithMetadataIsComplete() throws Exception {
    checkpoint("job-a/chk-9", 10);
    String job = folder.resolve("orders/life-1/job-a").toUri().toString();
    LambdaConfig config = config(folder.toUri().toString());
    assertThat(LifeFolder.isComplete(config, job + "/chk-9")).isTrue();
    assertThat(LifeFolder.isComplete(config, job + "/chk-10")).isFalse();
  }

  @Test
  void aFileSystemThatIsNotThereIsRefusedInOneLine() {
    assertThatThrownBy(() -> LifeFolder.of(config("nosuch://host/x"), "orders", "life-1"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot use lambda.speed.checkpoints=nosuch://host/x: ");
  }
}
