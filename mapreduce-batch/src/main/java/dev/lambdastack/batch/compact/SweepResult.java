package dev.lambdastack.batch.compact;

/**
 * What a sweep removed, or would remove.
 *
 * @param superseded files that others stand in the place of
 * @param waiting such files that stay for now: of snapshots that are named or too young
 * @param orphans files that no snapshot names
 * @param bytes of the files that were removed
 * @param traces files of metadata that killed runs have left
 */
public record SweepResult(int superseded, int waiting, int orphans, long bytes, int traces) {}
