package dev.lambdastack.batch.deadletters;

import dev.lambdastack.schemas.Rejection;
import java.util.List;

/**
 * A record that the archive rejected, with its coordinates in the log.
 *
 * @param run the number of the archive run that set it aside
 * @param appendTimeMillis when the broker appended it, in milliseconds since the Unix epoch
 * @param key null when the record has no key; not copied
 * @param value null when the record has no value; not copied
 * @param headers in the order of the record
 * @param reason the name of a {@link Rejection.Reason}
 * @param detail what is wrong, as text for people
 */
public record DeadLetter(
    long run,
    int partition,
    long offset,
    long appendTimeMillis,
    byte[] key,
    byte[] value,
    List<Header> headers,
    String reason,
    String detail) {
  /**
   * A header of a Kafka record.
   *
   * @param value null when the header has no value; not copied
   */
  public record Header(String name, byte[] value) {}

  public DeadLetter {
    headers = List.copyOf(headers);
  }

  /** Size of key, value and headers in bytes; a header's name counts its characters. */
  long sizeBytes() {
    return length(key)
        + length(value)
        + headers.stream().mapToLong(h -> h.name().length() + length(h.value())).sum();
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
