package dev.lambdastack.speed.alert;

import dev.lambdastack.views.AlertRules;
import java.io.Serializable;

/** How a task comes to the rules: they hold code, so they do not travel, the class path does. */
@FunctionalInterface
public interface RulesLoader extends Serializable {
  /** The rules of all providers that the class loader finds. */
  RulesLoader FROM_CLASS_PATH = AlertRules::load;

  AlertRules load(ClassLoader loader);
}
