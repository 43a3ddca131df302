package dev.lambdastack.speed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassPathJarsTest {
  @TempDir Path folder;

  @Test
  void jarsThatAManifestNamesAreSentToo() throws Exception {
    Path lambda = jar("lambda.jar", "lib/views.jar lib/flink-runtime-2.2.1.jar lib/missing.jar");
    Path views = jar("lib/views.jar", "../lambda.jar");
    jar("lib/flink-runtime-2.2.1.jar", null);
    assertThat(ClassPathJars.forFlink(lambda.toString())).containsExactly(lambda, views);
  }

  @Test
  void whatTheClusterHasIsNotSent() throws Exception {
    Path speed = jar("flink-speed-0.1.0.jar", null);
    Path connector = jar("flink-connector-kafka-5.0.0.jar", null);
    Path runtime = jar("flink-runtime-2.2.1.jar", null);
    Path rocks = jar("frocksdbjni-8.10.0-ververica-1.0.jar", null);
    Path log = jar("log4j-core-2.25.3.jar", null);
    String path =
        String.join(
            File.pathSeparator,
            speed.toString(),
            connector.toString(),
            runtime.toString(),
            rocks.toString(),
            log.toString(),
            folder.toString());
    assertThat(ClassPathJars.forFlink(path)).containsExactly(speed, connector);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jobmanager", ":8081", "jobmanager:", "jobmanager:0", "jobmanager:99999"})
  void aClusterIsAHostAndAPort(String text) {
    assertThatThrownBy(() -> FlinkCluster.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected <host>:<port>");
    assertThat(FlinkCluster.parse("jobmanager:8081"))
        .isEqualTo(new FlinkCluster("jobmanager", 8081));
  }

  private Path jar(String name, String classPath) throws IOException {
    Path jar = folder.resolve(name);
    Files.createDirectories(jar.getParent());
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (classPath != null) {
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    }
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return jar;
  }
}
