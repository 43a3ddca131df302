package dev.lambdastack.sandbox.foodmart;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/** A file of FoodMart's jar: one JSON object after another. */
final class JsonRows {
  // Exact decimals: a double would round the amounts.
  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private JsonRows() {}

  /** Gives the rows of a file in file order, one at a time. */
  static void forEach(String table, Consumer<JsonNode> action) throws IOException {
    String file = "/" + table + ".json";
    InputStream in = FoodMart.class.getResourceAsStream(file);
    if (in == null) {
      throw new IOException("No " + file + " on the class path: foodmart-data-json is missing");
    }
    try (MappingIterator<JsonNode> rows = READER.readValues(in)) {
      while (rows.hasNextValue()) {
        action.accept(rows.nextValue());
      }
    }
  }
}
