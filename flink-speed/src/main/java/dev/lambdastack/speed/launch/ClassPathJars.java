package dev.lambdastack.speed.launch;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** The jars of this process that a Flink cluster does not have itself. */
final class ClassPathJars {
  private ClassPathJars() {}

  /**
   * Jars of a class path and of their manifests' class paths, in order, without Flink's own (but
   * its connectors), its RocksDB and log backends. Folders cannot be sent and are left out.
   */
  public static List<Path> forFlink(String classPath) {
    Set<Path> jars = new LinkedHashSet<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      if (!entry.isEmpty()) {
        add(Path.of(entry).toAbsolutePath().normalize(), jars);
      }
    }
    List<Path> ours = new ArrayList<>(jars);
    ours.removeIf(jar -> isOfTheCluster(jar.getFileName().toString()));
    return ours;
  }

  private static void add(Path jar, Set<Path> jars) {
    if (!jar.toString().endsWith(".jar") || !Files.isRegularFile(jar) || !jars.add(jar)) {
      return;
    }

    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String more =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      if (more != null) {
        for (String entry : more.trim().split("\\s+")) {
          URI uri = jar.toUri().resolve(entry);
          if ("file".equals(uri.getScheme())) {
            add(Path.of(uri).normalize(), jars);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + jar, e);
    }
  }

  private static boolean isOfTheCluster(String name) {
    boolean flink =
        name.startsWith("flink-")
            && !name.startsWith("flink-speed")
            && !name.startsWith("flink-connector-");
    // A library of the system that two class loaders load is refused by the JVM.
    boolean rocks = name.startsWith("frocksdbjni-");
    return flink || rocks || name.startsWith("log4j-") || name.startsWith("slf4j-");
  }
}
