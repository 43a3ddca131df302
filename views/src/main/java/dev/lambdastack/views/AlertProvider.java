package dev.lambdastack.views;

import java.util.List;
import java.util.ServiceLoader;

/**
 * Where alert rules come from: a jar names its provider in {@code
 * META-INF/services/dev.lambdastack.views.AlertProvider}, and {@code lambda alerts} finds it by
 * {@link ServiceLoader}. Has a public constructor without arguments.
 */
public interface AlertProvider {
  /** The rules of this jar, the same at each call. */
  List<AlertRule> rules();
}
