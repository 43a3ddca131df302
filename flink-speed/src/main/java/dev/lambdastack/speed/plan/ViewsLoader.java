package dev.lambdastack.speed.plan;

import dev.lambdastack.views.Views;
import java.io.Serializable;

/**
 * How a task comes to the views: declarations hold code, so they do not travel, the class path
 * does. Called in each task; must give the same views each time.
 */
@FunctionalInterface
public interface ViewsLoader extends Serializable {
  /** The views of all providers that the class loader finds. */
  ViewsLoader FROM_CLASS_PATH = Views::load;

  Views load(ClassLoader loader);
}
