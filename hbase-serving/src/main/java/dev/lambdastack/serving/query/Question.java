package dev.lambdastack.serving.query;

import java.time.Instant;

/** The time range of a query, {@code [from, to)} of window starts. */
record Question(Instant from, Instant to) {}
