package dev.lambdastack.batch.compact;

import java.util.Set;

/**
 * What keeps files that are no longer part of the dataset. Pure.
 *
 * @param versions sequences of the manifests that kept versions were computed from
 * @param leases sequences of leases that are held
 */
record Pins(Set<Long> versions, Set<Long> leases) {
  Pins {
    versions = Set.copyOf(versions);
    leases = Set.copyOf(leases);
  }

  /** Whether a version was computed from the file, or a run may be reading it. */
  boolean hold(FileLife life) {
    long end = life.superseded().orElse(Long.MAX_VALUE);
    return versions.stream().anyMatch(v -> life.added() <= v && v < end)
        || leases.stream().anyMatch(l -> l < end);
  }
}
