package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.DeadLetterTable;
import dev.lambdastack.schemas.Rejection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.DataWriter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** The records of one task that are no events. Not thread-safe. */
final class DeadLetters {
  private static final Schema COLUMNS = DeadLetterTable.COLUMNS;

  private final TaskFolder folder;
  private final Map<String, Long> reasons = new TreeMap<>();
  private DataWriter<Record> writer;

  DeadLetters(TaskFolder folder) {
    this.folder = folder;
  }

  void add(ConsumerRecord<byte[], byte[]> record, Rejection rejection) throws IOException {
    if (writer == null) {
      writer = folder.deadLetters();
    }

    Record row = GenericRecord.create(COLUMNS);
    row.setField("partition", record.partition());
    row.setField("offset", record.offset());
    row.setField("append_time", Instant.ofEpochMilli(record.timestamp()).atOffset(ZoneOffset.UTC));
    row.setField("key", bytes(record.key()));
    row.setField("value", bytes(record.value()));
    row.setField("headers", headers(record));
    row.setField("reason", rejection.reason().name());
    row.setField("detail", rejection.detail());

    writer.write(row);
    reasons.merge(rejection.reason().name(), 1L, Long::sum);
  }

  private static List<Record> headers(ConsumerRecord<byte[], byte[]> record) {
    List<Record> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      Record row =
          GenericRecord.create(
              COLUMNS.findType("headers").asListType().elementType().asStructType());
      row.setField("name", header.key());
      row.setField("value", bytes(header.value()));
      headers.add(row);
    }
    return headers;
  }

  private static ByteBuffer bytes(byte[] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  /** How many for each {@link Rejection.Reason}. */
  Map<String, Long> reasons() {
    return reasons;
  }

  /** Closes the file; empty when there was no dead letter. */
  Optional<DataFile> finish() throws IOException {
    if (writer == null) {
      return Optional.empty();
    }
    writer.close();
    return Optional.of(writer.toDataFile());
  }
}
