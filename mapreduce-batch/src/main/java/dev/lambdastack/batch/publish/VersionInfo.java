package dev.lambdastack.batch.publish;

import dev.lambdastack.views.handoff.Version;
import java.time.Instant;
import java.util.Optional;

/**
 * A version as {@code lambda versions} lists it.
 *
 * @param answersSince the last flip that made it answer
 * @param report what the gate found
 */
public record VersionInfo(
    Version version,
    VersionState state,
    Optional<Instant> answersSince,
    Optional<GateReport> report) {}
