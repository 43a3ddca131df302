package dev.lambdastack.sandbox.oracle;

import java.util.List;
import java.util.Locale;

/**
 * How the stack's answers compare with the source rows.
 *
 * @param windows merged (view, key, window), expected or found
 * @param equal how many of them are as expected in every value
 * @param keyQueries reads of one key and a range that were compared besides
 * @param differences every value that differs, of windows and of reads by key
 */
public record Verdict(long windows, long equal, long keyQueries, List<Difference> differences) {
  public Verdict {
    differences = List.copyOf(differences);
  }

  /** Whether nothing differs. */
  public boolean allEqual() {
    return differences.isEmpty() && windows == equal;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%,d windows, %,d equal", windows, equal);
  }
}
