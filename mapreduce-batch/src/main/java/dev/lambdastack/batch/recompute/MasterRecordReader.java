package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.serving.config.LambdaConfig;
import java.io.IOException;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;
import org.apache.avro.SchemaNormalization;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;

/** The row groups of one split, file after file. */
final class MasterRecordReader extends RecordReader<NullWritable, RowGroup> {
  /** No event that the archive took lies before it. */
  private static final Instant ANY_TIME = Instant.ofEpochMilli(Long.MIN_VALUE);

  private Configuration conf;
  private MasterDataset dataset;
  private RecomputeSettings settings;
  private Projection projection;
  private long pinned;
  private Iterator<FilePart> parts;
  private long lengthBytes;
  private long doneBytes;
  private MasterFile file;
  private RowGroup current;

  @Override
  public void initialize(InputSplit split, TaskAttemptContext context) throws IOException {
    LambdaConfig config = LambdaConfig.of(context.getConfiguration());
    conf = config.hadoop();
    settings = RecomputeSettings.readFrom(conf);
    projection = Projection.of(settings.load(context.getConfiguration().getClassLoader()));
    pinned = SchemaNormalization.parsingFingerprint64(projection.type().schema());
    dataset = MasterDataset.open(conf, config.master(), settings.topic());
    parts = ((MasterSplit) split).parts().iterator();
    lengthBytes = split instanceof MasterSplit own ? own.getLength() : 0;
  }

  @Override
  public boolean nextKeyValue() throws IOException {
    while (true) {
      if (file != null) {
        Optional<RowGroup> next = file.next();
        if (next.isPresent()) {
          current = next.get();
          return true;
        }
        file.close();
        file = null;
      }
      if (!parts.hasNext()) {
        return false;
      }
      FilePart part = parts.next();
      file = open(part);
      doneBytes += part.lengthBytes();
    }
  }

  private MasterFile open(FilePart part) throws IOException {
    Optional<EventDecoder> decoder =
        part.schemaFingerprint() == pinned
            ? Optional.empty()
            : Optional.of(
                new EventDecoder(
                    settings.schemas(), projection.type(), projection.columns(), ANY_TIME));
    return MasterFile.open(
        conf, dataset.resolve(part.path()), part.start(), part.end(), projection, decoder);
  }

  @Override
  public NullWritable getCurrentKey() {
    return NullWritable.get();
  }

  @Override
  public RowGroup getCurrentValue() {
    return current;
  }

  @Override
  public float getProgress() {
    return lengthBytes == 0 ? 0 : Math.min(1, doneBytes / (float) lengthBytes);
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
