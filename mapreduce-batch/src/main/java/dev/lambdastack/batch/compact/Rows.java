package dev.lambdastack.batch.compact;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.hadoop.io.BytesWritable;
import org.apache.iceberg.Schema;
import org.apache.iceberg.avro.AvroSchemaUtil;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.avro.DataWriter;
import org.apache.iceberg.data.avro.PlannedDataReader;

/** Rows of a table as bytes, both ways: between the tasks of a job. Not thread-safe. */
final class Rows {
  private final DataWriter<Record> writer;
  private final PlannedDataReader<Record> reader;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private BinaryEncoder encoder;
  private BinaryDecoder decoder;

  Rows(Schema columns) {
    org.apache.avro.Schema avro = AvroSchemaUtil.convert(columns, "row");
    writer = DataWriter.create(avro);
    reader = PlannedDataReader.create(columns);
    reader.setSchema(avro);
  }

  BytesWritable encode(Record row) throws IOException {
    bytes.reset();
    encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
    writer.write(row, encoder);
    encoder.flush();
    return new BytesWritable(bytes.toByteArray());
  }

  Record decode(BytesWritable row) throws IOException {
    decoder = DecoderFactory.get().binaryDecoder(row.getBytes(), 0, row.getLength(), decoder);
    return reader.read(null, decoder);
  }
}
