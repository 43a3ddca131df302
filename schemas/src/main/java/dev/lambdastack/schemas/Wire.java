package dev.lambdastack.schemas;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * The bytes of one schema, as the writer left them: reads a value, checks all of it, and leaves it
 * in the cursor. It does the same whoever wants the value or not, so whether bytes are good never
 * depends on the columns that were asked for.
 */
@FunctionalInterface
interface Wire {
  /** Of a time in milliseconds, either side of 1970: further away there are no microseconds. */
  long MOST_MILLIS = Long.MAX_VALUE / 1000;

  void read(Cursor cursor) throws MalformedException;

  /** The wires of a schema, recursive ones included. */
  final class Compiler {
    private final Map<String, Wire[]> records = new HashMap<>();

    Wire compile(Schema schema) {
      LogicalType logical = schema.getLogicalType();
      int precision = logical instanceof LogicalTypes.Decimal d ? d.getPrecision() : 0;

      return switch (schema.getType()) {
        case NULL -> c -> c.isNull = true;
        case BOOLEAN -> Wire::bool;
        case INT -> c -> whole(c, c.varInt());
        case LONG -> longOf(logical);
        case FLOAT -> c -> real(c, Float.intBitsToFloat((int) c.littleEndian(4)));
        case DOUBLE -> c -> real(c, Double.longBitsToDouble(c.littleEndian(8)));
        case STRING -> Wire::string;
        case BYTES -> c -> bytes(c, c.varLength(), precision);
        case FIXED -> {
          int size = schema.getFixedSize();
          yield c -> bytes(c, size, precision);
        }
        case ENUM -> enumOf(schema.getEnumSymbols());
        case UNION -> union(schema.getTypes().stream().map(this::compile).toArray(Wire[]::new));
        case ARRAY -> blocks(compile(schema.getElementType()));
        case MAP -> {
          Wire value = compile(schema.getValueType());
          yield blocks(
              c -> {
                string(c);
                value.read(c);
              });
        }
        case RECORD -> record(schema);
      };
    }

    /**
     * As {@link #compile}, of a field that is judged by its time: it may be any, and is refused as
     * too early or too late.
     */
    Wire compileEventTime(Schema schema) {
      return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
          ? c -> whole(c, c.varLong())
          : compile(schema);
    }

    private static Wire longOf(LogicalType logical) {
      if (logical instanceof LogicalTypes.TimestampMicros) {
        return c -> whole(c, Math.floorDiv(c.varLong(), 1000L));
      }
      return logical instanceof LogicalTypes.TimestampMillis
              || logical instanceof LogicalTypes.LocalTimestampMillis
          ? c -> withinMicros(c, c.varLong())
          : c -> whole(c, c.varLong());
    }

    private Wire record(Schema schema) {
      Wire[] fields = records.get(schema.getFullName());
      if (fields == null) {
        Wire[] made = new Wire[schema.getFields().size()];
        records.put(schema.getFullName(), made);
        for (int i = 0; i < made.length; i++) {
          made[i] = compile(schema.getFields().get(i).schema());
        }
        fields = made;
      }

      Wire[] wires = fields;
      return c -> {
        c.enter();
        for (Wire field : wires) {
          field.read(c);
        }
        c.leave();
      };
    }
  }

  private static void bool(Cursor c) throws MalformedException {
    byte value = c.next();
    if (value != 0 && value != 1) {
      throw new MalformedException(
          String.format(Locale.ROOT, "a boolean of %d at byte %d", value, c.position() - 1));
    }
    whole(c, value);
  }

  /** A time that the master dataset has room for, whose times are in microseconds. */
  private static void withinMicros(Cursor c, long value) throws MalformedException {
    if (value < -MOST_MILLIS || value > MOST_MILLIS) {
      throw new MalformedException(
          String.format(
              Locale.ROOT,
              "a time of %d before byte %d (expected %d to %d)",
              value,
              c.position(),
              -MOST_MILLIS,
              MOST_MILLIS));
    }
    whole(c, value);
  }

  private static void whole(Cursor c, long value) {
    c.isNull = false;
    c.isWhole = true;
    c.number = value;
    c.real = value;
  }

  private static void real(Cursor c, double value) {
    c.isNull = false;
    c.isWhole = false;
    c.real = value;
  }

  private static void string(Cursor c) throws MalformedException {
    c.text(c.varLength());
    c.isNull = false;
    c.symbol = null;
    if (!Utf8.isWellFormed(c.bytes(), c.textStart, c.textLength)) {
      throw new MalformedException("text that is not UTF-8 at byte " + c.textStart);
    }
  }

  private static void bytes(Cursor c, int length, int precision) throws MalformedException {
    c.text(length);
    c.isNull = false;

    if (precision > 0) {
      if (!Decimals.fits(c.bytes(), c.textStart, length, precision)) {
        throw new MalformedException(
            String.format(
                Locale.ROOT,
                "a decimal of %d bytes at byte %d, which is none of %d digits",
                length,
                c.textStart,
                precision));
      }
      if (precision <= 18) {
        c.number = Decimals.unscaled(c.bytes(), c.textStart, length);
      }
    }
  }

  private static Wire enumOf(List<String> symbols) {
    byte[][] texts =
        symbols.stream().map(s -> s.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
    return c -> {
      c.symbol = texts[index(c, texts.length)];
      c.isNull = false;
    };
  }

  private static Wire union(Wire[] branches) {
    return c -> branches[index(c, branches.length)].read(c);
  }

  private static int index(Cursor c, int count) throws MalformedException {
    int index = c.varInt();
    if (index < 0 || index >= count) {
      throw new MalformedException(
          String.format(Locale.ROOT, "choice %d of %d at byte %d", index, count, c.position()));
    }
    return index;
  }

  /**
   * Arrays and maps: blocks of items. A block of negative count tells its bytes, and must tell them
   * right, since other readers skip by them.
   */
  private static Wire blocks(Wire item) {
    return c -> {
      c.enter();
      for (long count = c.varLong(); count != 0; count = c.varLong()) {
        int end = -1;
        if (count < 0) {
          count = -count;
          int size = c.varLength();
          end = c.position() + size;
        }

        c.addItems(count);
        for (long i = 0; i < count; i++) {
          item.read(c);
        }

        if (end >= 0 && end != c.position()) {
          throw new MalformedException(
              String.format(
                  Locale.ROOT, "a block that ends at byte %d instead of %d", c.position(), end));
        }
      }
      c.leave();
    };
  }
}
