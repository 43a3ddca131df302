package dev.lambdastack.batch.archive;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.InputFormat;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The committed records of ranges of offsets. */
final class LogInputFormat extends InputFormat<NullWritable, List<ConsumerRecord<byte[], byte[]>>> {
  LogInputFormat() {}

  @Override
  public List<InputSplit> getSplits(JobContext context) throws IOException {
    return List.copyOf(ArchiveSettings.readFrom(context.getConfiguration()).ranges());
  }

  @Override
  public RecordReader<NullWritable, List<ConsumerRecord<byte[], byte[]>>> createRecordReader(
      InputSplit split, TaskAttemptContext context) {
    return new LogRecordReader();
  }
}
