package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.master.FileSchema;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.settings.LambdaConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.Mapper;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** Files to rows: whole, as Avro, by {@link RowOrder}. */
final class RowMapper extends Mapper<NullWritable, Text, BytesWritable, BytesWritable> {
  private static final int ROWS_BETWEEN_PROGRESS = 10_000;

  private CompactionSettings settings;
  private MasterDataset dataset;
  private Configuration conf;
  private GenericDatumWriter<GenericRecord> rowWriter;
  private BinaryEncoder encoder;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  RowMapper() {}

  @Override
  protected void setup(Context context) throws IOException {
    LambdaConfig config = LambdaConfig.of(context.getConfiguration());
    settings = CompactionSettings.readFrom(context.getConfiguration());
    dataset = MasterDataset.open(config.hadoop(), config.master().folder(), settings.topic());
    conf = FileSchema.parquet(config.hadoop());
    AvroReadSupport.setAvroReadSchema(conf, settings.schema());
    rowWriter = new GenericDatumWriter<>(settings.schema(), GenericData.get());
  }

  @Override
  protected void map(NullWritable key, Text path, Context context)
      throws IOException, InterruptedException {
    Schema.Field eventTime = settings.schema().getField(settings.eventTime());
    boolean micros = eventTime.schema().getLogicalType() instanceof LogicalTypes.TimestampMicros;

    try (ParquetReader<GenericRecord> reader =
        AvroParquetReader.<GenericRecord>builder(
                HadoopInputFile.fromPath(dataset.resolve(path.toString()), conf))
            .withDataModel(GenericData.get())
            .withConf(conf)
            .build()) {
      long rows = 0;
      for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
        long time = (Long) row.get(eventTime.pos());
        context.write(
            RowOrder.key(
                micros ? Math.floorDiv(time, 1000L) : time,
                (Integer) row.get(FileSchema.PARTITION),
                (Long) row.get(FileSchema.OFFSET)),
            encode(row));

        if (++rows % ROWS_BETWEEN_PROGRESS == 0) {
          context.progress();
        }
      }
    }
  }

  private BytesWritable encode(GenericRecord row) throws IOException {
    bytes.reset();
    encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
    rowWriter.write(row, encoder);
    encoder.flush();
    return new BytesWritable(bytes.toByteArray());
  }
}
