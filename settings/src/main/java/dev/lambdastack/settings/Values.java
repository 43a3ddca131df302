package dev.lambdastack.settings;

import dev.lambdastack.views.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** Reads keys by their type, each once, and refuses a value that is not of it. */
final class Values {
  /** Longer ones overflow what HBase counts in seconds. */
  private static final Duration LONGEST = Duration.ofDays(24_855);

  /** What an event has room for: milliseconds since 1970 in 64 bits. */
  private static final Instant EARLIEST = Instant.ofEpochMilli(Long.MIN_VALUE);

  private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);

  /** A name, an IPv4 address, or an IPv6 address in brackets, and a port. */
  private static final Pattern ADDRESS =
      Pattern.compile("(\\[[\\w.%:-]+]|[\\w.%-]+):(?<port>[0-9]{1,5})");

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{env\\.(?<name>[^}:-]+)}");

  private final Configuration conf;
  private final SortedSet<String> asked = new TreeSet<>();

  Values(Configuration conf) {
    this.conf = conf;
  }

  /** The keys that were read so far. */
  SortedSet<String> asked() {
    return Collections.unmodifiableSortedSet(asked);
  }

  /** Any text but an empty one. */
  String text(String key) {
    String text = value(key);
    if (text.isEmpty()) {
      throw bad(key, "a value that may not be empty");
    }
    return text;
  }

  /** At least one {@code host:port}, with commas between; empty ones are passed over. */
  String addresses(String key) {
    String text = value(key);
    List<String> addresses =
        Stream.of(text.split(",", -1)).map(String::strip).filter(a -> !a.isEmpty()).toList();

    if (addresses.isEmpty() || !addresses.stream().allMatch(Values::isAddress)) {
      throw bad(key, "host:port of one or more servers, with commas between");
    }
    return String.join(",", addresses);
  }

  private static boolean isAddress(String text) {
    Matcher matcher = ADDRESS.matcher(text);
    if (!matcher.matches()) {
      return false;
    }

    int port = Integer.parseInt(matcher.group("port"));
    return port >= 1 && port <= 65_535;
  }

  boolean flag(String key) {
    String text = value(key);
    if (!text.equals("true") && !text.equals("false")) {
      throw bad(key, "true or false");
    }
    return text.equals("true");
  }

  /** 0 to 1. */
  double share(String key) {
    try {
      double share = Double.parseDouble(value(key));
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw bad(key, "a number from 0 to 1");
  }

  Instant instant(String key) {
    try {
      Instant instant = Instant.parse(value(key));
      if (!instant.isBefore(EARLIEST) && !instant.isAfter(LATEST)) {
        return instant;
      }
    } catch (DateTimeParseException e) {
      // told below
    }
    throw bad(key, "an instant such as 1990-01-01T00:00:00Z");
  }

  Duration duration(String key, Duration least) {
    if (value(key).matches("[0-9]{1,12}(ms|s|m|h|d)")) {
      Duration duration = Duration.ofMillis(conf.getTimeDuration(key, 0, TimeUnit.MILLISECONDS));
      if (duration.compareTo(least) >= 0 && duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
    }

    throw bad(
        key,
        String.format(
            Locale.ROOT,
            "a duration of at least %dms and at most %dd, with a unit: ms, s, m, h or d",
            least.toMillis(),
            LONGEST.toDays()));
  }

  int number(String key, int least, int most) {
    return (int) number(key, least, (long) most);
  }

  long number(String key, long least, long most) {
    try {
      long value = Long.parseLong(value(key));
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }

    throw bad(
        key,
        "a whole number of at least "
            + least
            + (most == Long.MAX_VALUE ? "" : " and at most " + most));
  }

  /** A number of mebibytes, in bytes. */
  long mebibytes(String key) {
    return number(key, 1, 1L << 20) << 20;
  }

  private String value(String key) {
    if (!asked.add(key)) {
      throw new IllegalStateException("A key is read in two places: " + key);
    }

    String value = conf.getTrimmed(key);
    if (value == null) {
      throw new IllegalStateException(
          "A key is read that lambda-default.xml does not list: " + key);
    }
    return resolved(key, value);
  }

  /**
   * Refuses what names a variable of the environment that is not set: Hadoop leaves it as it
   * stands.
   *
   * @return the value
   */
  static String resolved(String key, String value) {
    Matcher matcher = VARIABLE.matcher(value);
    if (matcher.find()) {
      throw new InvalidInputException(
          "Cannot use %s: the environment has no variable %s; set it"
              .formatted(key, matcher.group("name")));
    }
    return value;
  }

  InvalidInputException bad(String key, String expected) {
    return bad(key, conf.get(key), expected);
  }

  static InvalidInputException bad(String key, String value, String expected) {
    return new InvalidInputException(
        "Cannot use %s=%s: expected %s".formatted(key, value, expected));
  }
}
