package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.aggregate.TextDictionary;
import java.io.IOException;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.page.DictionaryPage;

/** The dictionary of a column in one row group; each of its values is decoded once. */
final class ChunkDictionary {
  private final ValueForm form;
  private final Dictionary dictionary;
  private final Symbols symbols;
  private long[] numbers;
  private double[] reals;
  private byte[][] texts;
  private TextDictionary textDictionary;

  ChunkDictionary(ColumnDescriptor column, DictionaryPage page, ValueForm form, Symbols symbols)
      throws IOException {
    this.form = form;
    this.dictionary = page.getEncoding().initDictionary(column, page);
    this.symbols = symbols;
  }

  private int size() {
    return dictionary.getMaxId() + 1;
  }

  long[] numbers() {
    if (numbers == null) {
      numbers = new long[size()];
      for (int id = 0; id < numbers.length; id++) {
        numbers[id] =
            switch (form) {
              case INT -> dictionary.decodeToInt(id);
              case LONG, MICROS -> form.seen(dictionary.decodeToLong(id));
              case BOOLEAN -> dictionary.decodeToBoolean(id) ? 1 : 0;
              case DECIMAL -> decimal(id);
              case FLOAT, DOUBLE, BYTES -> throw form.notA("number");
            };
      }
    }

    return numbers;
  }

  private long decimal(int id) {
    byte[] bytes = dictionary.decodeToBinary(id).getBytesUnsafe();
    return ValueForm.unscaled(bytes, 0, bytes.length);
  }

  double[] reals() {
    if (reals == null) {
      reals = new double[size()];
      for (int id = 0; id < reals.length; id++) {
        reals[id] =
            switch (form) {
              case FLOAT -> dictionary.decodeToFloat(id);
              case DOUBLE -> dictionary.decodeToDouble(id);
              case INT -> dictionary.decodeToInt(id);
              case LONG -> dictionary.decodeToLong(id);
              case MICROS, BOOLEAN, DECIMAL, BYTES -> throw form.notA("floating point number");
            };
      }
    }
    return reals;
  }

  byte[][] texts() {
    if (texts == null) {
      texts = new byte[size()][];
      for (int id = 0; id < texts.length; id++) {
        texts[id] = symbols.pinned(dictionary.decodeToBinary(id).getBytes());
      }
    }
    return texts;
  }

  /** The same for all batches of the row group, so that ids stand for the same texts in them. */
  TextDictionary textDictionary() {
    if (textDictionary == null) {
      textDictionary = new TextDictionary(texts());
    }
    return textDictionary;
  }
}
