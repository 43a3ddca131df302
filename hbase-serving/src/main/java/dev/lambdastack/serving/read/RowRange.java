package dev.lambdastack.serving.read;

import dev.lambdastack.views.RowKey;
import dev.lambdastack.views.ViewShape;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Scan.ReadType;

/**
 * Row keys {@code [start, stop)} of both tables of a view.
 *
 * @param stop exclusive; empty for the end of the table
 * @param readType how HBase reads it: DEFAULT begins by position, STREAM leaves the block cache to
 *     short reads
 */
record RowRange(byte[] start, byte[] stop, ReadType readType) {
  /** All windows of one key: one short range, mostly of one region and few blocks. */
  static RowRange ofKey(ViewShape shape, List<?> key, WindowRange windows) {
    byte[] prefix = RowKey.prefix(shape, key);
    return new RowRange(windows.startRow(prefix), windows.stopRow(prefix), ReadType.DEFAULT);
  }

  /** All keys, in at most {@code parts} ranges of whole salts. */
  static List<RowRange> ofAllKeys(ViewShape shape, int parts) {
    int salts = shape.saltBuckets();
    int count = Math.min(parts, salts);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new RowRange(
                    salt(i * salts / count), salt((i + 1) * salts / count), ReadType.STREAM))
        .toList();
  }

  /** The first row key of a salt; 256 is past the last one, whose end is the table's. */
  private static byte[] salt(int salt) {
    return salt == 256 ? new byte[0] : new byte[] {(byte) salt};
  }

  /** A new scan of the range, to be completed. */
  Scan scan() {
    return new Scan()
        .withStartRow(start)
        .withStopRow(stop)
        .setReadType(readType)
        .setCacheBlocks(readType != ReadType.STREAM);
  }
}
