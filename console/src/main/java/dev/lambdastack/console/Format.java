package dev.lambdastack.console;

import java.util.Locale;

/** The formats of {@code --format}; their names in lower case are what a person types. */
public enum Format {
  /** Aligned columns, or sentences, for a person. */
  TABLE,

  /** RFC 4180, with a header line. */
  CSV,

  /** Keys in snake_case; times in ISO 8601; absent values are null or left out. */
  JSON;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
