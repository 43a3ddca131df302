package dev.lambdastack.batch.recompute;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.mapreduce.InputSplit;

/** The parts of files that one task reads. */
final class MasterSplit extends InputSplit implements Writable {
  private List<FilePart> parts = List.of();

  /** For Hadoop, which fills it by {@link #readFields}. */
  MasterSplit() {}

  MasterSplit(List<FilePart> parts) {
    this.parts = List.copyOf(parts);
  }

  List<FilePart> parts() {
    return parts;
  }

  @Override
  public long getLength() {
    return parts.stream().mapToLong(FilePart::lengthBytes).sum();
  }

  @Override
  public String[] getLocations() {
    return new String[0];
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(parts.size());
    for (FilePart part : parts) {
      out.writeUTF(part.path());
      out.writeLong(part.start());
      out.writeLong(part.end());
    }
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    List<FilePart> read = new ArrayList<>();
    for (int count = in.readInt(); count > 0; count--) {
      read.add(new FilePart(in.readUTF(), in.readLong(), in.readLong()));
    }
    parts = List.copyOf(read);
  }

  @Override
  public String toString() {
    return parts.toString();
  }
}
