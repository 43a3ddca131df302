package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.DeadLetterFile;
import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.MasterFileWriter;
import dev.lambdastack.schemas.Rejection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** The records of one task that are no events. Not thread-safe. */
final class DeadLetters {
  private final TaskFolder folder;
  private final OffsetRange range;
  private final Map<String, Long> reasons = new TreeMap<>();
  private MasterFileWriter writer;
  private long rows;

  DeadLetters(TaskFolder folder, OffsetRange range) {
    this.folder = folder;
    this.range = range;
  }

  void add(ConsumerRecord<byte[], byte[]> record, Rejection rejection) throws IOException {
    if (writer == null) {
      writer = folder.writer(folder.deadLetterFile(), FileSchema.DEAD_LETTER);
    }

    GenericData.Record row = new GenericData.Record(FileSchema.DEAD_LETTER);
    row.put("partition", record.partition());
    row.put("offset", record.offset());
    row.put("append_time", record.timestamp());
    row.put("key", bytes(record.key()));
    row.put("value", bytes(record.value()));
    row.put("headers", headers(record));
    row.put("reason", rejection.reason().name());
    row.put("detail", rejection.detail());

    writer.write(row);
    rows++;
    reasons.merge(rejection.reason().name(), 1L, Long::sum);
  }

  private static List<GenericRecord> headers(ConsumerRecord<byte[], byte[]> record) {
    Schema schema = FileSchema.DEAD_LETTER.getField("headers").schema();
    List<GenericRecord> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      GenericData.Record row = new GenericData.Record(schema.getElementType());
      row.put("name", header.key());
      row.put("value", bytes(header.value()));
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
  Optional<DeadLetterFile> finish() throws IOException {
    if (writer == null) {
      return Optional.empty();
    }

    writer.close();
    return Optional.of(
        new DeadLetterFile(
            folder.deadLetterFile(),
            rows,
            range.partition(),
            range.start(),
            range.end(),
            writer.lengthBytes(),
            writer.sha256()));
  }
}
