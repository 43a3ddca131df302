package dev.lambdastack.reference.alert;

import dev.lambdastack.views.AlertLogic;
import dev.lambdastack.views.Row;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * A card was used at two places that are farther apart than anybody travels in the time between. It
 * looks at each use and the latest one before it, by event time; a use that comes late is compared
 * with the latest one too.
 *
 * @param milesPerHour how fast anybody travels
 * @param leastMiles how far apart places are at least: clocks of terminals differ
 */
public record TooFarToTravel(double milesPerHour, double leastMiles)
    implements AlertLogic<TooFarToTravel.Use> {
  private static final double EARTH_RADIUS_MILES = 3958.8;
  private static final double MILLIS_PER_HOUR = 3_600_000.0;

  /** Place, latitude, longitude: the columns in order. */
  public static final String[] COLUMNS = {"place", "latitude", "longitude"};

  /**
   * The latest use.
   *
   * @param time milliseconds since 1970
   */
  public record Use(String place, double latitude, double longitude, long time) {}

  @Override
  public Step<Use> next(Optional<Use> before, Row row) {
    Use use = new Use(row.stringAt(0), row.doubleAt(1), row.doubleAt(2), row.eventTime());
    if (before.isEmpty()) {
      return Step.quiet(use);
    }

    Use last = before.get();
    Use latest = use.time() >= last.time() ? use : last;
    double miles = miles(last, use);
    long millis = Math.abs(use.time() - last.time());
    if (miles <= leastMiles || miles <= milesPerHour * (millis / MILLIS_PER_HOUR)) {
      return Step.quiet(latest);
    }

    return Step.raise(
        latest,
        String.format(
            Locale.ROOT,
            "used at %s and at %s, %.0f miles away, within %d s",
            last.place(),
            use.place(),
            miles,
            Duration.ofMillis(millis).toSeconds()));
  }

  /** By the haversine formula on a sphere: within 0.6 % of the truth. */
  static double miles(Use a, Use b) {
    double north = StrictMath.toRadians(b.latitude() - a.latitude());
    double east = StrictMath.toRadians(b.longitude() - a.longitude());
    double sinNorth = StrictMath.sin(north / 2);
    double sinEast = StrictMath.sin(east / 2);
    double h =
        sinNorth * sinNorth
            + StrictMath.cos(StrictMath.toRadians(a.latitude()))
                * StrictMath.cos(StrictMath.toRadians(b.latitude()))
                * sinEast
                * sinEast;
    return 2 * EARTH_RADIUS_MILES * StrictMath.asin(StrictMath.min(1, StrictMath.sqrt(h)));
  }

  @Override
  public void write(Use use, DataOutput out) throws IOException {
    out.writeUTF(use.place());
    out.writeDouble(use.latitude());
    out.writeDouble(use.longitude());
    out.writeLong(use.time());
  }

  @Override
  public Use read(DataInput in) throws IOException {
    return new Use(in.readUTF(), in.readDouble(), in.readDouble(), in.readLong());
  }
}
