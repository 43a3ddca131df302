package dev.lambdastack.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScratchFolderTest {
  @Test
  void closingDeletesWhatIsInItButNotWhatALinkPointsTo(@TempDir Path elsewhere) throws Exception {
    Path kept = Files.createFile(elsewhere.resolve("kept"));
    ScratchFolder scratch = ScratchFolder.create("test");
    Files.createDirectories(scratch.path().resolve("a/b"));
    Files.createFile(scratch.path().resolve("a/b/file"));
    Files.createSymbolicLink(scratch.path().resolve("a/link"), elsewhere);

    scratch.close();
    scratch.close();

    assertThat(scratch.path()).doesNotExist();
    assertThat(kept).exists();
  }
}
