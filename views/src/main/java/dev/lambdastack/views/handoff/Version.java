package dev.lambdastack.views.handoff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.ViewShape;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One complete recomputation of a view, never changed once published.
 *
 * @param number counts from 1 in each view
 * @param table its HBase table
 * @param fingerprint of the declaration that computed it
 * @param run sequence number of the last archive run that it was computed from
 * @param runDigest SHA-256 of that run, in hex; with the chain of runs it fixes the input
 * @param counts what the recompute counted
 * @param origin how it came to be; empty for a version that does not record it
 */
public record Version(
    long number,
    String table,
    String fingerprint,
    ViewShape shape,
    Horizon horizon,
    Duration epochLength,
    long run,
    String runDigest,
    Counts counts,
    Instant created,
    Optional<Origin> origin) {
  /**
   * What a recompute counted.
   *
   * @param rows rows in the version's table
   * @param events master rows that were read
   * @param lost offsets before the horizon whose records retention had removed before they were
   *     archived
   * @param rejected events among {@code events} that are not valid by the schema that is pinned for
   *     the version, though they were by the one that they were archived under; no row counts them
   * @param setAside events among {@code events} that the view cannot take, as {@link BoundView}
   *     judges; no row counts them, in either layer
   */
  public record Counts(long rows, long events, LostOffsets lost, long rejected, long setAside) {
    /** Counts where every event was archived, and every row counts it. */
    public static Counts of(long rows, long events) {
      return new Counts(rows, events, LostOffsets.NONE, 0, 0);
    }

    private void putInto(ObjectNode json) {
      json.put("rows", rows);
      json.put("events", events);

      if (!lost.isEmpty()) {
        json.put("lost", lost.count());
        json.set("lostOffsets", lost.spansJson());
      }
      if (rejected > 0) {
        json.put("rejected", rejected);
      }
      if (setAside > 0) {
        json.put("setAside", setAside);
      }
    }

    private static Counts of(JsonNode json) {
      return new Counts(
          json.get("rows").asLong(),
          json.get("events").asLong(),
          LostOffsets.of(json.path("lost").asLong(), json.path("lostOffsets")),
          json.path("rejected").asLong(),
          json.path("setAside").asLong());
    }
  }

  /** This version, with that origin. */
  public Version with(Origin found) {
    return new Version(
        number,
        table,
        fingerprint,
        shape,
        horizon,
        epochLength,
        run,
        runDigest,
        counts,
        created,
        Optional.of(found));
  }

  /** This version, with those counts. */
  public Version with(Counts found) {
    return new Version(
        number,
        table,
        fingerprint,
        shape,
        horizon,
        epochLength,
        run,
        runDigest,
        found,
        created,
        origin);
  }

  /** {@link Counts#rows()}. */
  public long rows() {
    return counts.rows;
  }

  /** {@link Counts#events()}. */
  public long events() {
    return counts.events;
  }

  /** {@link Counts#lost()}. */
  public LostOffsets lost() {
    return counts.lost;
  }

  /** {@link Counts#rejected()}. */
  public long rejected() {
    return counts.rejected;
  }

  /** {@link Counts#setAside()}. */
  public long setAside() {
    return counts.setAside;
  }

  public String toJson() {
    return json().toString();
  }

  public static Version fromJson(String json) {
    return of(Json.parse(json));
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("number", number);
    json.put("table", table);
    json.put("fingerprint", fingerprint);
    json.set("shape", shape.toJson());

    json.put("horizon", horizon.epoch());
    json.set("offsets", Json.offsets(horizon.offsets()));
    json.put("epochMillis", epochLength.toMillis());
    json.put("run", run);
    json.put("runDigest", runDigest);

    counts.putInto(json);
    json.put("created", created.toString());
    origin.ifPresent(o -> json.set("origin", o.json()));

    return json;
  }

  static Version of(JsonNode json) {
    return new Version(
        json.get("number").asLong(),
        json.get("table").asText(),
        json.get("fingerprint").asText(),
        ViewShape.fromJson(json.get("shape")),
        new Horizon(json.get("horizon").asLong(), Json.offsets(json.get("offsets"))),
        Duration.ofMillis(json.get("epochMillis").asLong()),
        json.get("run").asLong(),
        json.get("runDigest").asText(),
        Counts.of(json),
        Instant.parse(json.get("created").asText()),
        Optional.ofNullable(json.get("origin")).map(Origin::of));
  }
}
