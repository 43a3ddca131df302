package dev.lambdastack.views;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;

/** What jars on the class path declare, found by {@link ServiceLoader}. */
final class Providers {
  private Providers() {}

  /**
   * All that the providers of a kind declare.
   *
   * @param what it is, for the message
   * @throws InvalidInputException when a provider cannot be loaded or fails: what it says itself is
   *     wrong, where it says so; else which class of which jar it is
   */
  static <P, T> List<T> load(
      Class<P> kind, ClassLoader loader, Function<P, List<T>> declared, String what) {
    List<T> all = new ArrayList<>();
    Iterator<ServiceLoader.Provider<P>> providers =
        ServiceLoader.load(kind, loader).stream().iterator();

    while (true) {
      String current = null;
      try {
        if (!providers.hasNext()) {
          return List.copyOf(all);
        }
        ServiceLoader.Provider<P> provider = providers.next();
        current = provider.type().getName();
        all.addAll(declared.apply(provider.get()));
      } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
        throw invalid(kind, loader, what, current, e);
      }
    }
  }

  private static InvalidInputException invalid(
      Class<?> kind, ClassLoader loader, String what, String provider, Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof InvalidInputException)) {
      cause = cause.getCause();
    }
    return cause instanceof InvalidInputException said
        ? said
        : new InvalidInputException(
            "Cannot load the %s of %s: %s; check that class and its jar"
                .formatted(what, named(kind, loader, provider, failure), cause),
            failure);
  }

  /** The provider and where it is declared: before its class is loaded, what the failure names. */
  private static String named(
      Class<?> kind, ClassLoader loader, String provider, Throwable failure) {
    String said = failure.toString().replace('/', '.');
    String services = "META-INF/services/" + kind.getName();

    try {
      for (URL file : Collections.list(loader.getResources(services))) {
        for (String name : names(file)) {
          if (name.equals(provider) || provider == null && said.contains(name)) {
            return "%s (%s)"
                .formatted(
                    name,
                    file.toString()
                        .replaceFirst("!?/META-INF/services/.*", "")
                        .replaceFirst("^(jar:)?file:", ""));
          }
        }
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }

    return provider == null ? "a provider" : provider;
  }

  private static List<String> names(URL file) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(file.openStream(), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .map(line -> line.replaceFirst("#.*", "").strip())
          .filter(name -> !name.isEmpty())
          .toList();
    }
  }
}
