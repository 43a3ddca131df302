package dev.lambdastack.batch.master;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A manifest as it stands in its file.
 *
 * @param digest SHA-256 of the file, in hex; the next manifest names it
 */
public record StoredManifest(Manifest manifest, String digest) {
  static StoredManifest of(byte[] file) {
    return new StoredManifest(ManifestJson.read(file), sha256(file));
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
