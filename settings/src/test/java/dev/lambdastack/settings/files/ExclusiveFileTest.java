package dev.lambdastack.settings.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExclusiveFileTest {
  @TempDir private java.nio.file.Path folder;

  private boolean write(FileContext files, String content) throws IOException {
    return ExclusiveFile.write(
        files, new Path(folder.resolve("deep/name").toUri()), content.getBytes(UTF_8));
  }

  private String content() throws IOException {
    return Files.readString(folder.resolve("deep/name"));
  }

  private List<String> drafts() throws IOException {
    try (var files = Files.list(folder.resolve("deep"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(n -> n.contains("draft"))
          .toList();
    }
  }

  @Test
  void ofManyAtOnceOneTakesTheName() throws Exception {
    FileContext files = FileContext.getLocalFSFileContext();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String ours = "writer " + i;
        writers.add(() -> write(files, ours));
      }
      List<String> winners = new ArrayList<>();
      List<Future<Boolean>> written = threads.invokeAll(writers);
      for (int i = 0; i < 8; i++) {
        if (written.get(i).get()) {
          winners.add("writer " + i);
        }
      }

      assertThat(winners).containsExactly(content());
      assertThat(drafts()).isEmpty();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void whatIsThereStays() throws Exception {
    FileContext files = FileContext.getLocalFSFileContext();
    assertThat(write(files, "first")).isTrue();
    assertThat(write(files, "second")).isFalse();
    assertThat(content()).isEqualTo("first");
    assertThat(write(files, "first")).as("our own, written before").isTrue();
  }

  @Test
  void aRenameWhoseAnswerIsLostHasHappened() throws Exception {
    FileContext files = FileContext.getFileContext(new AnswerLost(true), new Configuration());
    assertThat(write(files, "ours")).isTrue();
    assertThat(content()).isEqualTo("ours");
  }

  @Test
  void aRenameThatDidNotHappenIsAFault() {
    assertThatThrownBy(
            () ->
                write(
                    FileContext.getFileContext(new AnswerLost(false), new Configuration()), "ours"))
        .isInstanceOf(IOException.class)
        .hasMessage("The answer is lost");
    assertThat(folder.resolve("deep/name")).doesNotExist();
  }

  /** The local file system, whose rename says nothing of what came of it. */
  private static final class AnswerLost extends DelegateToFileSystem {
    private final boolean renames;

    AnswerLost(boolean renames) throws Exception {
      super(URI.create("file:///"), new LocalFileSystem(), new Configuration(), "file", false);
      this.renames = renames;
    }

    @Override
    public void renameInternal(Path from, Path to) throws IOException {
      if (renames) {
        super.renameInternal(from, to);
      }
      throw new IOException("The answer is lost");
    }
  }
}
