package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.LiveFile;

/**
 * Some row groups of one file: those whose middle lies in {@code [start, end)}.
 *
 * @param path qualified
 * @param start in bytes; as {@code end}
 */
record FilePart(String path, long start, long end) {
  static FilePart whole(LiveFile file) {
    return new FilePart(file.path(), 0, file.lengthBytes());
  }

  long lengthBytes() {
    return end - start;
  }
}
