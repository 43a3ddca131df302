package dev.lambdastack.batch.recompute;

import dev.lambdastack.views.ColumnVector;
import dev.lambdastack.views.TextDictionary;
import java.util.Arrays;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;

/**
 * A column of one row group. Where all pages are dictionary-encoded, each text and decimal is
 * decoded once for the row group; a page that is not has no dictionary ids, so then every value is
 * decoded. Not thread-safe.
 */
final class ParquetSource implements ColumnSource {
  private enum Form {
    INT,
    LONG,
    MICROS,
    BOOLEAN,
    FLOAT,
    DOUBLE,
    DECIMAL,
    BYTES
  }

  private final ColumnReader reader;
  private final Symbols symbols;
  private final int maxDefinitionLevel;
  private final Form form;
  private final TextDictionary texts;
  private final long[] decimals;

  /**
   * A column at its first row.
   *
   * @param dictionary of the column chunk when every page of it is dictionary-encoded, else null
   * @param symbols what the pinned schema makes of the file's texts
   */
  ParquetSource(ColumnReader reader, Dictionary dictionary, Symbols symbols) {
    PrimitiveType type = reader.getDescriptor().getPrimitiveType();
    this.reader = reader;
    this.symbols = symbols;
    this.maxDefinitionLevel = reader.getDescriptor().getMaxDefinitionLevel();
    this.form = formOf(type);
    this.texts =
        form == Form.BYTES && dictionary != null
            ? new TextDictionary(texts(dictionary, symbols))
            : null;
    this.decimals = form == Form.DECIMAL && dictionary != null ? decimals(dictionary) : null;
  }

  private static Form formOf(PrimitiveType type) {
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    return switch (type.getPrimitiveTypeName()) {
      case INT32 -> Form.INT;
      case INT64 ->
          // A local time is no instant: views see the number that it is.
          logical instanceof TimestampLogicalTypeAnnotation timestamp
                  && timestamp.isAdjustedToUTC()
                  && timestamp.getUnit() == TimeUnit.MICROS
              ? Form.MICROS
              : Form.LONG;
      case BOOLEAN -> Form.BOOLEAN;
      case FLOAT -> Form.FLOAT;
      case DOUBLE -> Form.DOUBLE;
      case BINARY, FIXED_LEN_BYTE_ARRAY ->
          logical instanceof DecimalLogicalTypeAnnotation ? Form.DECIMAL : Form.BYTES;
      case INT96 -> throw new IllegalStateException("column " + type + " is none of ours");
    };
  }

  private static byte[][] texts(Dictionary dictionary, Symbols symbols) {
    byte[][] texts = new byte[dictionary.getMaxId() + 1][];
    for (int id = 0; id < texts.length; id++) {
      texts[id] = symbols.pinned(dictionary.decodeToBinary(id).getBytes());
    }
    return texts;
  }

  private static long[] decimals(Dictionary dictionary) {
    long[] decimals = new long[dictionary.getMaxId() + 1];
    for (int id = 0; id < decimals.length; id++) {
      decimals[id] = unscaled(dictionary.decodeToBinary(id));
    }
    return decimals;
  }

  /** Two's complement, most significant byte first; of a precision that fits a long. */
  static long unscaled(Binary binary) {
    byte[] bytes = binary.getBytesUnsafe();
    if (bytes.length == 0) {
      return 0;
    }
    // Longer ones repeat the sign; the shift drops it.
    long value = bytes[0];
    for (int i = 1; i < bytes.length; i++) {
      value = value << 8 | bytes[i] & 0xFF;
    }
    return value;
  }

  /**
   * Whether the row that is next has a value. A null takes none: reading or skipping one there
   * would misalign all that follow.
   */
  private boolean hasValue() {
    return reader.getCurrentDefinitionLevel() == maxDefinitionLevel;
  }

  @Override
  public void longs(long[] into, boolean[] nulls, int rows) {
    if (maxDefinitionLevel > 0) {
      nullableLongs(into, nulls, rows);
      return;
    }
    Arrays.fill(nulls, 0, rows, false);
    // A loop of its own for each of the usual forms.
    if (form == Form.LONG) {
      for (int row = 0; row < rows; row++) {
        into[row] = reader.getLong();
        reader.consume();
      }
    } else if (form == Form.INT) {
      for (int row = 0; row < rows; row++) {
        into[row] = reader.getInteger();
        reader.consume();
      }
    } else if (decimals != null) {
      for (int row = 0; row < rows; row++) {
        into[row] = decimals[reader.getCurrentValueDictionaryID()];
        reader.consume();
      }
    } else {
      for (int row = 0; row < rows; row++) {
        into[row] = number();
        reader.consume();
      }
    }
  }

  private void nullableLongs(long[] into, boolean[] nulls, int rows) {
    for (int row = 0; row < rows; row++) {
      nulls[row] = !hasValue();
      if (!nulls[row]) {
        into[row] = number();
      }
      reader.consume();
    }
  }

  private long number() {
    return switch (form) {
      case INT -> reader.getInteger();
      case LONG -> reader.getLong();
      case MICROS -> Math.floorDiv(reader.getLong(), 1000L);
      case BOOLEAN -> reader.getBoolean() ? 1 : 0;
      case DECIMAL ->
          decimals == null
              ? unscaled(reader.getBinary())
              : decimals[reader.getCurrentValueDictionaryID()];
      case FLOAT, DOUBLE, BYTES -> throw notA("number");
    };
  }

  @Override
  public void doubles(double[] into, boolean[] nulls, int rows) {
    for (int row = 0; row < rows; row++) {
      nulls[row] = !hasValue();
      if (!nulls[row]) {
        into[row] = real();
      }
      reader.consume();
    }
  }

  private double real() {
    return switch (form) {
      case FLOAT -> reader.getFloat();
      case DOUBLE -> reader.getDouble();
      case INT -> reader.getInteger();
      case LONG -> reader.getLong();
      case MICROS, BOOLEAN, DECIMAL, BYTES -> throw notA("floating point number");
    };
  }

  @Override
  public void texts(ColumnVector into, int rows) {
    if (form != Form.BYTES) {
      throw notA("text");
    }
    boolean[] nulls = into.nulls();
    if (texts == null) {
      into.useOwnTexts();
      for (int row = 0; row < rows; row++) {
        nulls[row] = !hasValue();
        if (!nulls[row]) {
          into.setText(row, symbols.pinned(reader.getBinary().getBytes()));
        }
        reader.consume();
      }
      return;
    }
    into.useTexts(texts);
    int[] ids = into.ids();
    if (maxDefinitionLevel == 0) {
      Arrays.fill(nulls, 0, rows, false);
      for (int row = 0; row < rows; row++) {
        ids[row] = reader.getCurrentValueDictionaryID();
        reader.consume();
      }
      return;
    }
    for (int row = 0; row < rows; row++) {
      nulls[row] = !hasValue();
      if (!nulls[row]) {
        ids[row] = reader.getCurrentValueDictionaryID();
      }
      reader.consume();
    }
  }

  private IllegalStateException notA(String what) {
    return new IllegalStateException("column " + reader.getDescriptor() + " is no " + what);
  }
}
