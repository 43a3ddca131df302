package dev.lambdastack.views;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.apache.datasketches.hash.MurmurHash3;

/**
 * How many different values were seen. A set of 64-bit hashes up to {@value #MAX_EXACT}, a
 * HyperLogLog with 4096 registers beyond. The form depends on the set of values alone, never on the
 * order of updates or merges, so equal sets have equal bytes: the law that lets two layers be
 * compared byte for byte.
 *
 * <p>The hash is the first half of MurmurHash3 x64 128 with seed {@value #SEED}. Dense registers
 * take the top 12 bits as index and one plus the number of leading zeros of the other 52 as rank.
 * The estimate is Ertl's improved raw estimator, which reads the histogram of registers only (O.
 * Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6);
 * standard error 1.04 / sqrt(4096) = 1.63 %.
 */
final class DistinctSketch {
  /** Up to this many different values the count is exact (but for collisions of 64-bit hashes). */
  static final int MAX_EXACT = 512;

  static final int LG_REGISTERS = 12;
  static final int REGISTERS = 1 << LG_REGISTERS;
  private static final int RANK_BITS = Long.SIZE - LG_REGISTERS;
  private static final long SEED = 9001;

  private long[] hashes = new long[4];
  private int size;
  private byte[] registers;

  static long hash(byte[] value) {
    return value.length == 0 ? 0 : MurmurHash3.hash(value, SEED)[0];
  }

  /** The same as of an array of this one value, which the library would take. */
  static long hash(long value) {
    long k1 = value * 0x87c37b91114253d5L;
    k1 = Long.rotateLeft(k1, 31) * 0x4cf5ad432745937fL;
    long h1 = mix((SEED ^ k1 ^ Long.BYTES) + (SEED ^ Long.BYTES));
    long h2 = mix((SEED ^ k1 ^ Long.BYTES) + 2 * (SEED ^ Long.BYTES));
    return h1 + h2;
  }

  private static long mix(long hash) {
    long h = hash;
    h ^= h >>> 33;
    h *= 0xff51afd7ed558ccdL;
    h ^= h >>> 33;
    h *= 0xc4ceb9fe1a85ec53L;
    return h ^ h >>> 33;
  }

  /** Whether {@link #estimate} is the number itself (but for collisions of hashes). */
  boolean isExact() {
    return registers == null;
  }

  void add(long hash) {
    if (registers != null) {
      raise(hash);
      return;
    }
    int at = Arrays.binarySearch(hashes, 0, size, hash);
    if (at >= 0) {
      return;
    }
    if (size == MAX_EXACT) {
      becomeDense();
      raise(hash);
      return;
    }
    int place = -at - 1;
    long[] target =
        size < hashes.length ? hashes : new long[Math.min(MAX_EXACT, hashes.length * 2)];
    System.arraycopy(hashes, place, target, place + 1, size - place);
    if (target != hashes) {
      System.arraycopy(hashes, 0, target, 0, place);
      hashes = target;
    }
    hashes[place] = hash;
    size++;
  }

  void merge(DistinctSketch other) {
    if (other.registers == null) {
      for (int i = 0; i < other.size; i++) {
        add(other.hashes[i]);
      }
      return;
    }
    if (registers == null) {
      becomeDense();
    }
    for (int i = 0; i < REGISTERS; i++) {
      registers[i] = (byte) Math.max(registers[i], other.registers[i]);
    }
  }

  private void becomeDense() {
    registers = new byte[REGISTERS];
    for (int i = 0; i < size; i++) {
      raise(hashes[i]);
    }
    hashes = null;
    size = 0;
  }

  private void raise(long hash) {
    int index = (int) (hash >>> RANK_BITS);
    int rank = Math.min(RANK_BITS, Long.numberOfLeadingZeros(hash << LG_REGISTERS)) + 1;
    if (registers[index] < rank) {
      registers[index] = (byte) rank;
    }
  }

  /** About how much memory it takes. */
  int sizeBytes() {
    return 48 + (registers == null ? Long.BYTES * hashes.length : REGISTERS);
  }

  long estimate() {
    return registers == null ? size : Math.round(denseEstimate());
  }

  private double denseEstimate() {
    int[] histogram = new int[RANK_BITS + 2];
    for (byte register : registers) {
      histogram[register]++;
    }
    double m = REGISTERS;
    double z = m * tau(1 - histogram[RANK_BITS + 1] / m);
    for (int k = RANK_BITS; k >= 1; k--) {
      z = 0.5 * (z + histogram[k]);
    }
    z += m * sigma(histogram[0] / m);
    return m / (2 * Math.log(2)) * (m / z);
  }

  private static double sigma(double x) {
    if (x == 1) {
      return Double.POSITIVE_INFINITY;
    }
    double power = x;
    double y = 1;
    double z = x;
    double before;
    do {
      power *= power;
      before = z;
      z += power * y;
      y += y;
    } while (z != before);
    return z;
  }

  private static double tau(double x) {
    if (x == 0 || x == 1) {
      return 0;
    }
    double root = x;
    double y = 1;
    double z = 1 - x;
    double before;
    do {
      root = Math.sqrt(root);
      before = z;
      y *= 0.5;
      z -= (1 - root) * (1 - root) * y;
    } while (z != before);
    return z / 3;
  }

  /**
   * Form byte 0, count (2 bytes), hashes ascending as signed longs (8 bytes each); or form byte 1,
   * 4096 register bytes.
   */
  void writeTo(DataOutput out) throws IOException {
    if (registers != null) {
      out.writeByte(1);
      out.write(registers);
      return;
    }
    out.writeByte(0);
    out.writeShort(size);
    for (int i = 0; i < size; i++) {
      out.writeLong(hashes[i]);
    }
  }

  static DistinctSketch readFrom(DataInput in) throws IOException {
    DistinctSketch sketch = new DistinctSketch();
    switch (in.readByte()) {
      case 0 -> {
        sketch.size = in.readUnsignedShort();
        if (sketch.size > MAX_EXACT) {
          throw new IOException(
              "sketch of " + sketch.size + " hashes (expected at most " + MAX_EXACT + ")");
        }
        sketch.hashes = new long[Math.max(4, sketch.size)];
        for (int i = 0; i < sketch.size; i++) {
          sketch.hashes[i] = in.readLong();
        }
      }
      case 1 -> {
        sketch.registers = new byte[REGISTERS];
        sketch.hashes = null;
        in.readFully(sketch.registers);
      }
      default -> throw new IOException("unknown form of a sketch (expected 0 or 1)");
    }
    return sketch;
  }
}
