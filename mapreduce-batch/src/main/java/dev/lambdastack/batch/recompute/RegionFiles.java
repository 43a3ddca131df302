package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.handoff.Cell;
import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.KeyValue;
import org.apache.hadoop.hbase.io.hfile.CacheConfig;
import org.apache.hadoop.hbase.io.hfile.HFileContextBuilder;
import org.apache.hadoop.hbase.regionserver.BloomType;
import org.apache.hadoop.hbase.regionserver.HStoreFile;
import org.apache.hadoop.hbase.regionserver.StoreFileWriter;
import org.apache.hadoop.hbase.regionserver.StoreUtils;
import org.apache.hadoop.hbase.util.Bytes;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.RecordWriter;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;

/**
 * Writes each reducer's cells as one HFile for its region: {@code <output>/<view>/<family>/<file>},
 * as a bulk load takes it. A reducer without cells writes none. What HBase's own {@code
 * HFileOutputFormat2} does for one table, for the tables of all views of a pass.
 */
final class RegionFiles extends FileOutputFormat<NullWritable, KeyValue> {
  RegionFiles() {}

  /** The folder of a view below the output. */
  static Path folder(Path output, String view) {
    return new Path(output, view);
  }

  @Override
  public RecordWriter<NullWritable, KeyValue> getRecordWriter(TaskAttemptContext context)
      throws IOException {
    PassPlan plan = Pass.of(context.getConfiguration()).plan();
    int view = plan.viewOfReducer(context.getTaskAttemptID().getTaskID().getId());
    Path work = ((FileOutputCommitter) getOutputCommitter(context)).getWorkPath();
    Path family =
        new Path(folder(work, plan.views().get(view).name()), Bytes.toString(Cell.batchFamily()));
    return new Writer(context.getConfiguration(), family);
  }

  private static final class Writer extends RecordWriter<NullWritable, KeyValue> {
    private final Configuration conf;
    private final Path family;
    private StoreFileWriter file;

    Writer(Configuration conf, Path family) {
      this.conf = new Configuration(conf);
      this.conf.setFloat(HConstants.HFILE_BLOCK_CACHE_SIZE_KEY, 0);
      this.family = family;
    }

    @Override
    public void write(NullWritable key, KeyValue cell) throws IOException {
      if (file == null) {
        file = open();
      }
      file.append(cell);
    }

    private StoreFileWriter open() throws IOException {
      return new StoreFileWriter.Builder(conf, CacheConfig.DISABLED, family.getFileSystem(conf))
          .withFilePath(new Path(family, UUID.randomUUID().toString().replace("-", "")))
          .withBloomType(BloomType.ROW)
          .withFileContext(
              new HFileContextBuilder()
                  .withColumnFamily(Cell.batchFamily())
                  .withChecksumType(StoreUtils.getChecksumType(conf))
                  .withBytesPerCheckSum(StoreUtils.getBytesPerChecksum(conf))
                  .withCreateTime(System.currentTimeMillis())
                  .build())
          .build();
    }

    @Override
    public void close(TaskAttemptContext context) throws IOException {
      if (file == null) {
        return;
      }
      file.appendFileInfo(HStoreFile.BULKLOAD_TIME_KEY, Bytes.toBytes(System.currentTimeMillis()));
      file.appendFileInfo(
          HStoreFile.BULKLOAD_TASK_KEY, Bytes.toBytes(context.getTaskAttemptID().toString()));
      file.appendFileInfo(HStoreFile.MAJOR_COMPACTION_KEY, Bytes.toBytes(true));
      file.appendFileInfo(HStoreFile.EXCLUDE_FROM_MINOR_COMPACTION_KEY, Bytes.toBytes(false));
      file.appendTrackedTimestampsToMetadata();
      file.close();
    }
  }
}
