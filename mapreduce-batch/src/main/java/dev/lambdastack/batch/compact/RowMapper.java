package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.master.EventColumns;
import dev.lambdastack.batch.master.FileCheck;
import java.io.IOException;
import java.time.OffsetDateTime;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.Mapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.hadoop.HadoopInputFile;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.util.DateTimeUtil;

/** Files to rows, whole, by {@link RowOrder}. */
final class RowMapper extends Mapper<NullWritable, Text, BytesWritable, BytesWritable> {
  private static final int ROWS_BETWEEN_PROGRESS = 10_000;

  private CompactionSettings settings;
  private Configuration conf;
  private Rows encoded;

  RowMapper() {}

  @Override
  protected void setup(Context context) throws IOException {
    settings = CompactionSettings.readFrom(context.getConfiguration());
    conf = FileCheck.withChecksums(context.getConfiguration());
    encoded = new Rows(settings.columns());
  }

  @Override
  protected void map(NullWritable key, Text path, Context context)
      throws IOException, InterruptedException {
    try (CloseableIterable<Record> rows =
        Parquet.read(HadoopInputFile.fromPath(new Path(path.toString()), conf))
            .project(settings.columns())
            .createReaderFunc(type -> GenericParquetReaders.buildReader(settings.columns(), type))
            .build()) {
      long count = 0;
      for (Record row : rows) {
        OffsetDateTime time = (OffsetDateTime) row.getField(settings.eventTime());
        context.write(
            RowOrder.key(
                DateTimeUtil.microsFromTimestamptz(time),
                (Integer) row.getField(EventColumns.PARTITION),
                (Long) row.getField(EventColumns.OFFSET)),
            encoded.encode(row));

        if (++count % ROWS_BETWEEN_PROGRESS == 0) {
          context.progress();
        }
      }
    }
  }
}
