package dev.lambdastack.batch.events;

import java.time.Instant;
import org.apache.avro.generic.GenericRecord;

/**
 * An event and where it stands in the log.
 *
 * @param record by the pinned schema
 * @param eventTime when it happened
 * @param appendTime when the broker appended it
 * @param isArchived whether it was read from the master dataset, else from the log
 */
public record RawEvent(
    GenericRecord record,
    int partition,
    long offset,
    Instant eventTime,
    Instant appendTime,
    boolean isArchived) {}
