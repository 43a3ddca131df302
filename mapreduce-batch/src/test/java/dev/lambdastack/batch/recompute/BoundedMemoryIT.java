package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A task's memory is bounded however many keys there are: in a process of its own, whose heap is
 * small. By default half a million keys; {@code scripts/many-keys} takes ten million with 512 MB.
 */
class BoundedMemoryIT {
  private static final long KEYS = Long.getLong("many-keys", 500_000);
  private static final String HEAP = System.getProperty("many-keys.heap", "112m");
  private static final String MEGABYTES = System.getProperty("many-keys.megabytes", "8");

  @TempDir private Path folder;

  @Test
  void manyMoreKeysThanMemoryHolds() throws Exception {
    Path out = folder.resolve("out");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + HEAP);
    command.add("-Djava.io.tmpdir=" + folder);
    command.addAll(
        List.of(
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED"));
    command.addAll(List.of("-cp", classPath()));
    command.addAll(List.of(ManyKeys.class.getName(), Long.toString(KEYS), MEGABYTES));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    try {
      assertThat(process.waitFor(20, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(out, StandardCharsets.UTF_8);
    System.out.println(said.lines().reduce((a, b) -> b).orElse(""));
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).contains(String.format(Locale.ROOT, "rows %d cells %d spills ", KEYS, KEYS));
    assertThat(said).doesNotContain("spills 0 ");
  }

  /** The class path of this JVM, which surefire may have put into a jar's manifest. */
  private static String classPath() {
    return System.getProperty(
        "surefire.test.class.path",
        System.getProperty("java.class.path").replace(File.pathSeparator + File.pathSeparator, ""));
  }
}
