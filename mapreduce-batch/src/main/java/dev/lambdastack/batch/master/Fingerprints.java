package dev.lambdastack.batch.master;

import java.util.Locale;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/** CRC-64-AVRO of schemas, as text. */
public final class Fingerprints {
  private Fingerprints() {}

  /** 16 hex digits. */
  public static String of(Schema schema) {
    return hex(SchemaNormalization.parsingFingerprint64(schema));
  }

  static String hex(long fingerprint) {
    return String.format(Locale.ROOT, "%016x", fingerprint);
  }
}
