package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.aggregate.ColumnVector;
import dev.lambdastack.views.aggregate.TextDictionary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;

/**
 * A column of one row group, read page by page and many values at once. What a dictionary has is
 * decoded once for the row group, and texts stay the ids that it gives them where all pages have
 * ids. Not thread-safe.
 */
final class ParquetSource implements ColumnSource {
  private final ColumnDescriptor column;
  private final PageReader pages;
  private final Symbols symbols;
  private final ValueForm form;
  private final boolean nullable;
  private final boolean textsById;
  private final ChunkDictionary dictionary;

  /** Of the page that is under way: rows that were not read yet. */
  private int rowsLeft;

  /** Of its nullable rows, 1 where there is a value; null where no row is null. */
  private HybridRuns levels;

  private PageValues values;

  private int[] ints = new int[0];
  private long[] longs = new long[0];
  private double[] doubles = new double[0];
  private byte[][] bytes = new byte[0][];

  /**
   * A column at its first row.
   *
   * @param form of its values
   * @param textsById whether every page has dictionary ids, which texts are to stay
   * @param symbols what the pinned schema makes of the file's texts
   */
  ParquetSource(
      ColumnDescriptor column, PageReader pages, ValueForm form, boolean textsById, Symbols symbols)
      throws IOException {
    this.column = column;
    this.pages = pages;
    this.symbols = symbols;
    this.form = form;
    if (column.getMaxDefinitionLevel() > 1 || column.getMaxRepetitionLevel() > 0) {
      throw new IllegalStateException("column " + column + " is nested");
    }
    this.nullable = column.getMaxDefinitionLevel() == 1;
    DictionaryPage page = pages.readDictionaryPage();
    this.dictionary = page == null ? null : new ChunkDictionary(column, page, form, symbols);
    this.textsById = textsById && dictionary != null;
  }

  /** How many of the next rows stand in one page, up to {@code most}; opens the next page. */
  private int rowsOfPage(int most) {
    while (rowsLeft == 0) {
      DataPage page = pages.readPage();
      if (page == null) {
        throw new IllegalStateException("column " + column + " ends before its row group");
      }

      try {
        if (page instanceof DataPageV1 v1) {
          open(v1);
        } else {
          open((DataPageV2) page);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      rowsLeft = page.getValueCount();
    }

    return Math.min(rowsLeft, most);
  }

  private void open(DataPageV1 page) throws IOException {
    ByteBuffer all = page.getBytes().toByteBuffer();
    byte[] array = array(all);
    int start = all.hasArray() ? all.arrayOffset() + all.position() : 0;
    int end = start + all.remaining();

    levels = null;
    if (nullable) {
      if (page.getDlEncoding() != Encoding.RLE) {
        throw new IllegalStateException(
            "column " + column + " has definition levels in " + page.getDlEncoding());
      }
      int length =
          array[start] & 0xFF
              | (array[start + 1] & 0xFF) << 8
              | (array[start + 2] & 0xFF) << 16
              | (array[start + 3] & 0xFF) << 24;
      start += Integer.BYTES;
      levels = new HybridRuns(array, start, start + length, 1);
      start += length;
    }

    values =
        PageValues.of(
            column,
            form,
            symbols,
            page.getValueEncoding(),
            dictionary,
            array,
            start,
            end,
            page.getValueCount());
  }

  private void open(DataPageV2 page) throws IOException {
    levels = null;
    if (nullable) {
      byte[] array = bytes(page.getDefinitionLevels());
      levels = new HybridRuns(array, 0, array.length, 1);
    }

    byte[] array = bytes(page.getData());
    values =
        PageValues.of(
            column,
            form,
            symbols,
            page.getDataEncoding(),
            dictionary,
            array,
            0,
            array.length,
            page.getValueCount() - page.getNullCount());
  }

  private static byte[] bytes(BytesInput input) throws IOException {
    return input.toByteArray();
  }

  private static byte[] array(ByteBuffer buffer) {
    if (buffer.hasArray()) {
      return buffer.array();
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.duplicate().get(copy);
    return copy;
  }

  /**
   * Says of the next rows which are null.
   *
   * @return how many are not
   */
  private int present(boolean[] nulls, int from, int count) {
    rowsLeft -= count;
    if (levels == null) {
      Arrays.fill(nulls, from, from + count, false);
      return count;
    }

    ints = ints.length < count ? new int[count] : ints;
    levels.read(ints, 0, count);
    int present = 0;
    for (int i = 0; i < count; i++) {
      nulls[from + i] = ints[i] == 0;
      present += ints[i];
    }

    return present;
  }

  @Override
  public void longs(long[] into, boolean[] nulls, int rows) {
    for (int row = 0; row < rows; ) {
      int count = rowsOfPage(rows - row);
      int present = present(nulls, row, count);
      if (present == count) {
        values.longs(into, row, count);
      } else {
        longs = longs.length < present ? new long[count] : longs;
        values.longs(longs, 0, present);
        int next = 0;
        for (int i = row; i < row + count; i++) {
          if (!nulls[i]) {
            into[i] = longs[next++];
          }
        }
      }

      row += count;
    }
  }

  @Override
  public void doubles(double[] into, boolean[] nulls, int rows) {
    for (int row = 0; row < rows; ) {
      int count = rowsOfPage(rows - row);
      int present = present(nulls, row, count);
      if (present == count) {
        values.doubles(into, row, count);
      } else {
        doubles = doubles.length < present ? new double[count] : doubles;
        values.doubles(doubles, 0, present);
        int next = 0;
        for (int i = row; i < row + count; i++) {
          if (!nulls[i]) {
            into[i] = doubles[next++];
          }
        }
      }

      row += count;
    }
  }

  @Override
  public void texts(ColumnVector into, int rows) {
    if (form != ValueForm.BYTES) {
      throw form.notA("text");
    }
    if (textsById) {
      TextDictionary texts = dictionary.textDictionary();
      into.useTexts(texts);
      ids(into.ids(), into.nulls(), rows);
    } else {
      into.useOwnTexts();
      ownTexts(into, rows);
    }
  }

  private void ids(int[] into, boolean[] nulls, int rows) {
    for (int row = 0; row < rows; ) {
      int count = rowsOfPage(rows - row);
      int present = present(nulls, row, count);
      PageValues.ByDictionary ids = (PageValues.ByDictionary) values;
      if (present == count) {
        ids.ids(into, row, count);
      } else {
        ids.ids(ints, 0, present);
        int next = 0;
        for (int i = row; i < row + count; i++) {
          if (!nulls[i]) {
            into[i] = ints[next++];
          }
        }
      }

      row += count;
    }
  }

  private void ownTexts(ColumnVector into, int rows) {
    boolean[] nulls = into.nulls();
    for (int row = 0; row < rows; ) {
      int count = rowsOfPage(rows - row);
      int present = present(nulls, row, count);
      bytes = bytes.length < present ? new byte[count][] : bytes;
      values.texts(bytes, 0, present);
      int next = 0;
      for (int i = row; i < row + count; i++) {
        if (!nulls[i]) {
          into.setText(i, bytes[next++]);
        }
      }

      row += count;
    }
  }
}
