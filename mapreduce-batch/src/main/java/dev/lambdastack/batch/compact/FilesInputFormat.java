package dev.lambdastack.batch.compact;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.mapreduce.InputFormat;
import org.apache.hadoop.mapreduce.InputSplit;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.RecordReader;
import org.apache.hadoop.mapreduce.TaskAttemptContext;

/** Paths of files: the mapper reads what is in them. */
final class FilesInputFormat extends InputFormat<NullWritable, Text> {
  FilesInputFormat() {}

  @Override
  public List<InputSplit> getSplits(JobContext context) throws IOException {
    return List.copyOf(
        CompactionSettings.readFrom(context.getConfiguration()).splits().stream()
            .map(Files::new)
            .toList());
  }

  @Override
  public RecordReader<NullWritable, Text> createRecordReader(
      InputSplit split, TaskAttemptContext context) {
    return new Paths(((Files) split).paths);
  }

  /** The files of one task. */
  static final class Files extends InputSplit implements Writable {
    private List<String> paths = List.of();

    /** For Hadoop, which fills it by {@link #readFields}. */
    Files() {}

    Files(List<String> paths) {
      this.paths = List.copyOf(paths);
    }

    @Override
    public long getLength() {
      return paths.size();
    }

    @Override
    public String[] getLocations() {
      return new String[0];
    }

    @Override
    public void write(DataOutput out) throws IOException {
      out.writeInt(paths.size());
      for (String path : paths) {
        out.writeUTF(path);
      }
    }

    @Override
    public void readFields(DataInput in) throws IOException {
      List<String> read = new ArrayList<>();
      for (int count = in.readInt(); count > 0; count--) {
        read.add(in.readUTF());
      }
      paths = List.copyOf(read);
    }
  }

  private static final class Paths extends RecordReader<NullWritable, Text> {
    private final int count;
    private final Iterator<String> paths;
    private int done;
    private Text current;

    Paths(List<String> paths) {
      this.count = paths.size();
      this.paths = paths.iterator();
    }

    @Override
    public void initialize(InputSplit split, TaskAttemptContext context) {}

    @Override
    public boolean nextKeyValue() {
      if (!paths.hasNext()) {
        return false;
      }
      current = new Text(paths.next());
      done++;
      return true;
    }

    @Override
    public NullWritable getCurrentKey() {
      return NullWritable.get();
    }

    @Override
    public Text getCurrentValue() {
      return current;
    }

    @Override
    public float getProgress() {
      return done / (float) Math.max(1, count);
    }

    @Override
    public void close() {}
  }
}
