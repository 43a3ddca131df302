package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.LiveFile;

/**
 * Some row groups of one file: those whose middle lies in {@code [start, end)}.
 *
 * @param path relative to the master folder
 * @param start in bytes; as {@code end}
 * @param schemaFingerprint CRC-64-AVRO of the schema that the file follows
 */
record FilePart(String path, long start, long end, long schemaFingerprint) {
  static FilePart whole(LiveFile file) {
    return new FilePart(file.file().path(), 0, file.file().lengthBytes(), file.schemaFingerprint());
  }

  long lengthBytes() {
    return end - start;
  }
}
