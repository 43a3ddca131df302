package dev.lambdastack.views;

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
   * @throws InvalidInputException when a provider cannot be loaded: what it says itself is wrong,
   *     where it says so
   */
  static <P, T> List<T> load(
      Class<P> kind, ClassLoader loader, Function<P, List<T>> declared, String what) {
    try {
      return ServiceLoader.load(kind, loader).stream()
          .flatMap(provider -> declared.apply(provider.get()).stream())
          .toList();
    } catch (ServiceConfigurationError | ExceptionInInitializerError | NoClassDefFoundError e) {
      Throwable cause = e;
      while (cause.getCause() != null && !(cause instanceof InvalidInputException)) {
        cause = cause.getCause();
      }
      if (cause instanceof InvalidInputException invalid) {
        throw invalid;
      }
      throw new InvalidInputException(
          "Cannot load the %s: %s; check the jar and its META-INF/services/%s"
              .formatted(what, cause, kind.getName()),
          e);
    }
  }
}
