package dev.lambdastack.views.aggregate;

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
public final class DistinctSketch {
  /** Up to this many different values the count is exact (but for collisions of 64-bit hashes). */
  public static final int MAX_EXACT = 512;

  static final int LG_REGISTERS = 12;
  static final int REGISTERS = 1 << LG_REGISTERS;
  private static final int RANK_BITS = Long.SIZE - LG_REGISTERS;
  private static final long SEED = 9001;

  private static final int LEAST = 4;

  /** The set by open addressing, at most three quarters full; 0 where there is none. */
  private long[] hashes = new long[LEAST];

  private boolean hasZero;

  /** Of the set, zero included. */
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

    if (contains(hash)) {
      return;
    }

    if (size == MAX_EXACT) {
      becomeDense();
      raise(hash);
      return;
    }

    insert(hash);
  }

  private boolean contains(long hash) {
    return hash == 0 ? hasZero : hashes[place(hash)] == hash;
  }

  /** Where a hash stands, or would. */
  private int place(long hash) {
    int mask = hashes.length - 1;
    int at = (int) hash & mask;
    while (hashes[at] != 0 && hashes[at] != hash) {
      at = at + 1 & mask;
    }
    return at;
  }

  /** One that is not there. */
  private void insert(long hash) {
    size++;
    if (hash == 0) {
      hasZero = true;
      return;
    }

    if (4 * size > 3 * hashes.length) {
      long[] smaller = hashes;
      hashes = new long[4 * smaller.length];
      for (long known : smaller) {
        if (known != 0) {
          hashes[place(known)] = known;
        }
      }
    }

    hashes[place(hash)] = hash;
  }

  /** Of a sketch that is exact, ascending. */
  private long[] sorted() {
    long[] sorted = new long[size];
    int next = hasZero ? 1 : 0;
    for (long hash : hashes) {
      if (hash != 0) {
        sorted[next++] = hash;
      }
    }
    Arrays.sort(sorted);
    return sorted;
  }

  void merge(DistinctSketch other) {
    if (other.registers == null) {
      if (other.hasZero) {
        add(0);
      }
      for (long hash : other.hashes) {
        if (hash != 0) {
          add(hash);
        }
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
    if (hasZero) {
      raise(0);
    }
    for (long hash : hashes) {
      if (hash != 0) {
        raise(hash);
      }
    }

    hashes = null;
    hasZero = false;
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
    for (long hash : sorted()) {
      out.writeLong(hash);
    }
  }

  static DistinctSketch readFrom(DataInput in) throws IOException {
    DistinctSketch sketch = new DistinctSketch();
    switch (in.readByte()) {
      case 0 -> {
        int count = in.readUnsignedShort();
        if (count > MAX_EXACT) {
          throw new IOException(
              "sketch of " + count + " hashes (expected at most " + MAX_EXACT + ")");
        }

        for (int i = 0; i < count; i++) {
          sketch.add(in.readLong());
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
