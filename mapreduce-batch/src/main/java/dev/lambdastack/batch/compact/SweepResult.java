package dev.lambdastack.batch.compact;

/**
 * What a sweep removed, or would remove.
 *
 * @param superseded files that others stand in the place of
 * @param waiting such files that stay for now: pinned, leased or too young
 * @param orphans files that no manifest names
 * @param bytes of the files that were removed
 * @param traces drafts of manifests and leases of killed runs
 */
public record SweepResult(int superseded, int waiting, int orphans, long bytes, int traces) {}
