package dev.lambdastack.schemas;

/**
 * A record that is no event. It is set aside and counted; no view sees it, in either layer.
 *
 * @param detail one line for a person: what is wrong
 */
public record Rejection(Reason reason, String detail) implements Decoded {
  /** Why; the names are kept with dead letters and in counters. */
  public enum Reason {
    /** No value at all: what a compacted topic calls a tombstone. */
    NULL_VALUE,
    /** Does not start as Avro single-object encoding does. */
    NOT_SINGLE_OBJECT,
    /** The schema store has no schema of this fingerprint. */
    UNKNOWN_SCHEMA,
    /** An event of another type. */
    OTHER_EVENT,
    /**
     * Not what the writer's schema says: cut off, too long, or with values that it has no room for.
     */
    CORRUPT,
    /** The event time is more than a day ahead of the append time. */
    EVENT_TIME_AHEAD,
    /** The event time lies before the earliest that is taken. */
    EVENT_TIME_TOO_EARLY,
    /**
     * The texts that a view may be keyed by have together more bytes than {@link
     * dev.lambdastack.views.RowKey#MAX_TEXT_BYTES}.
     */
    TEXT_TOO_LONG
  }
}
