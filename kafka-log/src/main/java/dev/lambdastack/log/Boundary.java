package dev.lambdastack.log;

import java.util.OptionalInt;

/**
 * The first record of an epoch in a partition.
 *
 * @param offset the first that belongs to the epoch or a later one
 * @param appendTimeMillis of the record at that offset, milliseconds since 1970: it is the boundary
 *     of every epoch that begins in {@code (log time before it, appendTimeMillis]}
 * @param leaderEpoch Kafka's leader epoch of that record, by which a truncated log is noticed;
 *     empty where the broker does not say
 */
public record Boundary(long offset, long appendTimeMillis, OptionalInt leaderEpoch) {}
