package dev.lambdastack.batch.recompute;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.values.ValuesReader;

/**
 * The values of one page, without its nulls, many at once. The usual encodings have a loop of their
 * own; all others go through Parquet's readers, value by value. Not thread-safe.
 */
abstract sealed class PageValues {
  abstract void longs(long[] into, int from, int count);

  abstract void doubles(double[] into, int from, int count);

  abstract void texts(byte[][] into, int from, int count);

  /**
   * The values of a page.
   *
   * @param bytes hold them in {@code [start, end)}
   * @param count how many
   * @param dictionary of the column chunk; null where it has none
   */
  static PageValues of(
      ColumnDescriptor column,
      ValueForm form,
      Symbols symbols,
      Encoding encoding,
      ChunkDictionary dictionary,
      byte[] bytes,
      int start,
      int end,
      int count)
      throws IOException {
    if (encoding.usesDictionary()) {
      return new ByDictionary(dictionary, bytes, start, end);
    }
    if (encoding == Encoding.PLAIN && form != ValueForm.BOOLEAN) {
      return new Plain(column, form, symbols, bytes, start, end);
    }
    ValuesReader reader = encoding.getValuesReader(column, ValuesType.VALUES);
    reader.initFromPage(
        count, ByteBufferInputStream.wrap(ByteBuffer.wrap(bytes, start, end - start)));
    return new Other(form, symbols, reader);
  }

  /** Ids of a dictionary. */
  static final class ByDictionary extends PageValues {
    private final ChunkDictionary dictionary;
    private final HybridRuns ids;
    private int[] spare = new int[0];

    private ByDictionary(ChunkDictionary dictionary, byte[] bytes, int start, int end) {
      this.dictionary = dictionary;
      // The width of the ids comes first; a page of nulls alone may have not even that.
      int width = start < end ? bytes[start] : 0;
      this.ids = new HybridRuns(bytes, Math.min(start + 1, end), end, width);
    }

    void ids(int[] into, int from, int count) {
      ids.read(into, from, count);
    }

    private int[] next(int count) {
      spare = spare.length < count ? new int[count] : spare;
      ids.read(spare, 0, count);
      return spare;
    }

    @Override
    void longs(long[] into, int from, int count) {
      int[] next = next(count);
      long[] numbers = dictionary.numbers();
      for (int i = 0; i < count; i++) {
        into[from + i] = numbers[next[i]];
      }
    }

    @Override
    void doubles(double[] into, int from, int count) {
      int[] next = next(count);
      double[] reals = dictionary.reals();
      for (int i = 0; i < count; i++) {
        into[from + i] = reals[next[i]];
      }
    }

    @Override
    void texts(byte[][] into, int from, int count) {
      int[] next = next(count);
      byte[][] texts = dictionary.texts();
      for (int i = 0; i < count; i++) {
        into[from + i] = texts[next[i]];
      }
    }
  }

  /** One behind the other, numbers little-endian. */
  static final class Plain extends PageValues {
    private final ValueForm form;
    private final Symbols symbols;
    private final byte[] bytes;
    private final ByteBuffer buffer;

    /** Of each value in bytes; -1 where it stands before each. */
    private final int length;

    private Plain(
        ColumnDescriptor column,
        ValueForm form,
        Symbols symbols,
        byte[] bytes,
        int start,
        int end) {
      this.form = form;
      this.symbols = symbols;
      this.bytes = bytes;
      this.buffer = ByteBuffer.wrap(bytes, 0, end).position(start).order(ByteOrder.LITTLE_ENDIAN);
      this.length =
          switch (column.getPrimitiveType().getPrimitiveTypeName()) {
            case BINARY -> -1;
            case FIXED_LEN_BYTE_ARRAY -> column.getPrimitiveType().getTypeLength();
            case INT32, FLOAT -> Integer.BYTES;
            case INT64, DOUBLE -> Long.BYTES;
            case BOOLEAN, INT96 -> throw form.notA("value of whole bytes");
          };
    }

    @Override
    void longs(long[] into, int from, int count) {
      switch (form) {
        case LONG, MICROS -> {
          buffer.asLongBuffer().get(into, from, count);
          skip(count);
          if (form == ValueForm.MICROS) {
            for (int i = from; i < from + count; i++) {
              into[i] = form.seen(into[i]);
            }
          }
        }
        case INT -> {
          for (int i = from; i < from + count; i++) {
            into[i] = buffer.getInt();
          }
        }
        case DECIMAL -> decimals(into, from, count);
        case BOOLEAN, FLOAT, DOUBLE, BYTES -> throw form.notA("number");
      }
    }

    private void decimals(long[] into, int from, int count) {
      if (length == Long.BYTES) {
        buffer.duplicate().order(ByteOrder.BIG_ENDIAN).asLongBuffer().get(into, from, count);
        skip(count);
        return;
      }
      for (int i = from; i < from + count; i++) {
        int n = length < 0 ? buffer.getInt() : length;
        int at = buffer.position();
        into[i] = ValueForm.unscaled(bytes, at, n);
        buffer.position(at + n);
      }
    }

    private void skip(int count) {
      buffer.position(buffer.position() + count * length);
    }

    @Override
    void doubles(double[] into, int from, int count) {
      switch (form) {
        case DOUBLE -> {
          buffer.asDoubleBuffer().get(into, from, count);
          skip(count);
        }
        case FLOAT -> {
          for (int i = from; i < from + count; i++) {
            into[i] = buffer.getFloat();
          }
        }
        case INT -> {
          for (int i = from; i < from + count; i++) {
            into[i] = buffer.getInt();
          }
        }
        case LONG -> {
          for (int i = from; i < from + count; i++) {
            into[i] = buffer.getLong();
          }
        }
        case MICROS, BOOLEAN, DECIMAL, BYTES -> throw form.notA("floating point number");
      }
    }

    @Override
    void texts(byte[][] into, int from, int count) {
      for (int i = from; i < from + count; i++) {
        int n = length < 0 ? buffer.getInt() : length;
        int at = buffer.position();
        into[i] = symbols.pinned(Arrays.copyOfRange(bytes, at, at + n));
        buffer.position(at + n);
      }
    }
  }

  /** Whatever Parquet can read. */
  static final class Other extends PageValues {
    private final ValueForm form;
    private final Symbols symbols;
    private final ValuesReader reader;

    private Other(ValueForm form, Symbols symbols, ValuesReader reader) {
      this.form = form;
      this.symbols = symbols;
      this.reader = reader;
    }

    @Override
    void longs(long[] into, int from, int count) {
      for (int i = from; i < from + count; i++) {
        into[i] = form.number(reader);
      }
    }

    @Override
    void doubles(double[] into, int from, int count) {
      for (int i = from; i < from + count; i++) {
        into[i] = form.real(reader);
      }
    }

    @Override
    void texts(byte[][] into, int from, int count) {
      for (int i = from; i < from + count; i++) {
        into[i] = symbols.pinned(reader.readBytes().getBytes());
      }
    }
  }
}
