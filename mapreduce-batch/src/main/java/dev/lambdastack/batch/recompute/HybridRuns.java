package dev.lambdastack.batch.recompute;

import java.util.Arrays;
import org.apache.parquet.column.values.bitpacking.BytePacker;
import org.apache.parquet.column.values.bitpacking.Packer;

/**
 * Reads small numbers in Parquet's hybrid of run lengths and bit packing, many at once: what
 * dictionary ids and definition levels are written in. Not thread-safe.
 */
final class HybridRuns {
  private static final int GROUP = 8;
  private static final int GROUPS_AT_ONCE = 64;

  private final byte[] bytes;
  private final int end;
  private final int width;
  private final BytePacker packer;

  /** Unpacked numbers that were not asked for yet: those from {@code nextUnpacked} on. */
  private final int[] unpacked = new int[GROUPS_AT_ONCE * GROUP];

  private int countUnpacked;
  private int nextUnpacked;

  private int at;

  /** Of the run that is under way: how often its number still comes. */
  private int repeats;

  private int repeated;

  /** Of the packed run that is under way: groups of eight that are not unpacked yet. */
  private int packedGroups;

  /**
   * Numbers of a page.
   *
   * @param width of each in bits, from 0 to 32
   */
  HybridRuns(byte[] bytes, int start, int end, int width) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.width = width;
    this.packer = Packer.LITTLE_ENDIAN.newBytePacker(width);
  }

  /** Reads the next ones into the places from {@code from} on. */
  void read(int[] into, int from, int count) {
    int place = from;
    int stop = from + count;
    while (place < stop) {
      if (nextUnpacked < countUnpacked) {
        int n = Math.min(stop - place, countUnpacked - nextUnpacked);
        System.arraycopy(unpacked, nextUnpacked, into, place, n);
        nextUnpacked += n;
        place += n;
      } else if (repeats > 0) {
        int n = Math.min(stop - place, repeats);
        Arrays.fill(into, place, place + n, repeated);
        repeats -= n;
        place += n;
      } else if (packedGroups > 0) {
        unpack();
      } else {
        begin();
      }
    }
  }

  private void unpack() {
    int groups = Math.min(packedGroups, GROUPS_AT_ONCE);
    for (int group = 0; group < groups; group++) {
      packer.unpack8Values(bytes, at, unpacked, group * GROUP);
      at += width;
    }
    packedGroups -= groups;
    countUnpacked = groups * GROUP;
    nextUnpacked = 0;
  }

  private void begin() {
    if (at >= end) {
      throw new IllegalStateException("a page of a Parquet file ends before its last number");
    }

    int header = header();
    if ((header & 1) == 1) {
      packedGroups = header >>> 1;
      return;
    }

    repeats = header >>> 1;
    repeated = 0;
    for (int i = 0; i < (width + 7) / 8; i++) {
      repeated |= (bytes[at++] & 0xFF) << 8 * i;
    }
  }

  /** Seven bits a byte, the lowest first. */
  private int header() {
    int header = 0;
    int shift = 0;
    while (true) {
      int b = bytes[at++];
      header |= (b & 0x7F) << shift;
      if (b >= 0) {
        return header;
      }
      shift += 7;
    }
  }
}
