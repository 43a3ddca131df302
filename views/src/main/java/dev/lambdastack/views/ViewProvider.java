package dev.lambdastack.views;

import java.util.List;

/**
 * Where views come from: a jar names its provider in {@code
 * META-INF/services/dev.lambdastack.views.ViewProvider}, and every command finds it by {@link
 * java.util.ServiceLoader}. Has a public constructor without arguments.
 */
public interface ViewProvider {
  /** The views of this jar, the same at each call. */
  List<View> views();
}
