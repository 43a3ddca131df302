package dev.lambdastack.batch.master;

import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * A file that belongs to the dataset.
 *
 * @param schema what its columns follow, beside the archive's own
 */
public record LiveFile(DataFile file, Schema schema) {
  /** CRC-64-AVRO of the schema. */
  public long schemaFingerprint() {
    return SchemaNormalization.parsingFingerprint64(schema);
  }
}
