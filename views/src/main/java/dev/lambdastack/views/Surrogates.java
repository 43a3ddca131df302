package dev.lambdastack.views;

import java.util.Locale;
import java.util.Optional;

/** Texts from outside: half of a character has no UTF-8 and would be stored as a question mark. */
public final class Surrogates {
  private Surrogates() {}

  /** The first half of a character that stands alone, for a person; empty where there is none. */
  public static Optional<String> alone(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }

      if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(i + 1))) {
        return Optional.of(
            String.format(Locale.ROOT, "\\u%04x alone at character %d", (int) c, i + 1));
      }
      i++;
    }

    return Optional.empty();
  }
}
