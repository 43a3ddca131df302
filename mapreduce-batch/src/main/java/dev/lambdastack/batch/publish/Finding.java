package dev.lambdastack.batch.publish;

import java.util.List;

/**
 * What one check of the gate says of a version.
 *
 * @param check its name
 * @param held whether it holds the version
 * @param text what was found, in one line
 * @param details some of the rows it is about, a line each
 */
public record Finding(String check, boolean held, String text, List<String> details) {
  public Finding {
    details = List.copyOf(details);
  }
}
