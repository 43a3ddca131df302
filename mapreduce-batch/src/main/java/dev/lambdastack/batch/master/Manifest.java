package dev.lambdastack.batch.master;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * One commit to a topic's master dataset, never changed. What the dataset holds after it follows
 * from all manifests up to it: see {@link Contents}. Its JSON is {@link ManifestJson}'s.
 */
public sealed interface Manifest permits ArchiveManifest, CompactionManifest {
  /** Counts from 1 in each topic, over all kinds. */
  long sequence();

  String topic();

  /** SHA-256 in hex of the file of the manifest before; empty for the first. */
  Optional<String> previous();

  /** Of the run that committed it. */
  String runId();

  /** What the columns of its files follow. */
  Schema schema();

  /** The files that it adds. */
  List<DataFile> files();

  Instant created();

  /** The same commit at another place of the chain: what a run does when another was first. */
  Manifest at(long newSequence, Optional<String> newPrevious);

  /** CRC-64-AVRO of the schema. */
  default long schemaFingerprint() {
    return SchemaNormalization.parsingFingerprint64(schema());
  }

  /** Rows in the files that it adds. */
  default long events() {
    return files().stream().mapToLong(DataFile::rows).sum();
  }
}
