package dev.lambdastack.batch.deadletters;

import java.util.List;

/**
 * A record that the archive has set aside.
 *
 * @param manifest the sequence number of the manifest that lists it
 * @param appendTimeMillis when the broker appended it, milliseconds since 1970
 * @param key null where it has none; not copied
 * @param value null where it has none; not copied
 * @param headers in the order of the record
 * @param reason the name of a {@link dev.lambdastack.schemas.Rejection.Reason}
 * @param detail what was wrong, for a person
 */
public record DeadLetter(
    long manifest,
    int partition,
    long offset,
    long appendTimeMillis,
    byte[] key,
    byte[] value,
    List<Header> headers,
    String reason,
    String detail) {
  /**
   * A header of a record.
   *
   * @param value null where it has none; not copied
   */
  public record Header(String name, byte[] value) {}

  public DeadLetter {
    headers = List.copyOf(headers);
  }

  /** Bytes of key, value and headers. */
  long sizeBytes() {
    return length(key)
        + length(value)
        + headers.stream().mapToLong(h -> h.name().length() + length(h.value())).sum();
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
