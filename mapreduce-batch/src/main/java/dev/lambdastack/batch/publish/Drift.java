package dev.lambdastack.batch.publish;

import java.util.List;
import java.util.OptionalLong;

/**
 * How far a version is from the one before it and the speed cells between their horizons, which
 * must be the same to the byte.
 *
 * @param generation whose cells; empty where the horizons are the same
 * @param rows that either side has
 * @param differing those that differ
 * @param examples some of them, with both sides' values
 */
record Drift(
    long before, OptionalLong generation, long rows, long differing, List<String> examples) {
  Drift {
    examples = List.copyOf(examples);
  }
}
