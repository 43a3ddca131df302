package dev.lambdastack.batch.recompute;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * What the pinned schema makes of a text in a file that follows another one: a symbol that its enum
 * does not have is the enum's default, as Avro and the speed layer's decoder read it.
 *
 * @param known the enum's symbols; empty where every text stays as it is
 * @param other what any other symbol is; null where every text stays as it is
 */
record Symbols(Map<ByteBuffer, byte[]> known, byte[] other) {
  /** Every text stays as it is. */
  static final Symbols NONE = new Symbols(Map.of(), null);

  /** Of a field of the pinned schema. */
  static Symbols of(Schema.Field field) {
    Schema symbols = enumOf(field.schema());
    if (symbols == null || symbols.getEnumDefault() == null) {
      return NONE;
    }
    Map<ByteBuffer, byte[]> known = new HashMap<>();
    for (String symbol : symbols.getEnumSymbols()) {
      known.put(ByteBuffer.wrap(utf8(symbol)), utf8(symbol));
    }
    return new Symbols(known, utf8(symbols.getEnumDefault()));
  }

  private static Schema enumOf(Schema schema) {
    if (schema.isUnion()) {
      return schema.getTypes().stream()
          .filter(s -> s.getType() == Schema.Type.ENUM)
          .findFirst()
          .orElse(null);
    }
    return schema.getType() == Schema.Type.ENUM ? schema : null;
  }

  private static byte[] utf8(String symbol) {
    return symbol.getBytes(StandardCharsets.UTF_8);
  }

  /** The text by the pinned schema. */
  byte[] pinned(byte[] text) {
    return other == null ? text : known.getOrDefault(ByteBuffer.wrap(text), other);
  }
}
