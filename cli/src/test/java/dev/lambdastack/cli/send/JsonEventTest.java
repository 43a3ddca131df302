package dev.lambdastack.cli.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.schemas.EventEncoder;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Views;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageDecoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonEventTest {
  private static final EventType ORDERS =
      Views.load(JsonEventTest.class.getClassLoader()).eventType("orders");

  private static final String ORDER =
      """
      {"order_id": 1, "customer_id": 2, "product_id": 3, "product_category": "Łódź", "store_id": 4,\
       "action": "return", "quantity": 5, "amount": 12.50, "event_time": "2026-01-31T12:00:00Z"}""";

  private static final Schema ALL =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "All", "fields": [
                {"name": "maybe", "type": ["null", "string"], "default": null},
                {"name": "either", "type": ["string", "null", "long"], "default": "none"},
                {"name": "small", "type": "int", "default": 7},
                {"name": "real", "type": "double", "default": 0.5},
                {"name": "single", "type": "float", "default": 0.5},
                {"name": "flag", "type": "boolean", "default": false},
                {"name": "raw", "type": "bytes", "default": "\\u00ff"},
                {"name": "four", "type": {"type": "fixed", "name": "Four", "size": 4}, "default": "abcd"},
                {"name": "list", "type": {"type": "array", "items": "int"}, "default": []},
                {"name": "map", "type": {"type": "map", "values": "string"}, "default": {}},
                {"name": "day", "type": {"type": "int", "logicalType": "date"}, "default": 0},
                {"name": "micros", "type": {"type": "long", "logicalType": "timestamp-micros"}, "default": 0},
                {"name": "inner", "type": {"type": "record", "name": "Inner",
                  "fields": [{"name": "n", "type": "long"}]}, "default": {"n": 1}}
              ]}""");

  private static GenericRecord order(String json) {
    return JsonEvent.parse(ORDERS.schema(), json);
  }

  @Test
  void anIdStandsAlone() {
    EventEncoder encoder = new EventEncoder(ORDERS);
    GenericRecord id = JsonEvent.parseId(ORDERS.schema(), "customer_id", "{\"customer_id\": 7}");
    assertThat(encoder.key(id))
        .isEqualTo(
            encoder.key(
                JsonEvent.parse(
                    ORDERS.schema(), ORDER.replace("\"customer_id\": 2", "\"customer_id\": 7"))));
    assertThatThrownBy(() -> JsonEvent.parseId(ORDERS.schema(), "customer_id", ORDER))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'order_id'");
    assertThatThrownBy(() -> JsonEvent.parseId(ALL, "maybe", "{}"))
        .hasMessage("field 'maybe' is missing");
    assertThatThrownBy(() -> JsonEvent.parseId(ALL, "maybe", "{\"maybe\": null}"))
        .hasMessage("field 'maybe' is null: no row has such an id");
  }

  @Test
  void anOrderBecomesTheBytesOfThatOrder() throws Exception {
    byte[] value = new EventEncoder(ORDERS).value(order(ORDER));
    GenericData model = new GenericData();
    GenericRecord back =
        new BinaryMessageDecoder<GenericRecord>(model, ORDERS.schema()).decode(value);
    assertThat(back.get("order_id")).isEqualTo(1L);
    assertThat(back.get("product_category")).hasToString("Łódź");
    assertThat(back.get("action")).hasToString("return");
    assertThat(back.get("quantity")).isEqualTo(5);
    assertThat(back.get("event_time"))
        .isEqualTo(Instant.parse("2026-01-31T12:00:00Z").toEpochMilli());
    assertThat(
            new Conversions.DecimalConversion()
                .fromBytes(
                    (ByteBuffer) back.get("amount"),
                    ORDERS.schema().getField("amount").schema(),
                    LogicalTypes.decimal(12, 2)))
        .isEqualTo(new BigDecimal("12.50"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"12.5", "12.50", "\"12.50\"", "12.500", "1.25e1", "\"12.5\""})
  void decimalsAreNumbersOrTextAndExact(String amount) {
    assertThat(order(ORDER.replace("12.50", amount)).get("amount"))
        .isEqualTo(new BigDecimal("12.50"));
  }

  @Test
  void decimalsKeepEveryDigit() {
    assertThat(order(ORDER.replace("12.50", "9007199254.93")).get("amount"))
        .isEqualTo(new BigDecimal("9007199254.93"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1769860800000", "\"2026-01-31T12:00:00Z\"", "\"2026-01-31T14:00:00+02:00\""})
  void timesAreInstantsOrMilliseconds(String time) {
    GenericRecord order = order(ORDER.replace("\"2026-01-31T12:00:00Z\"", time));
    byte[] expected = new EventEncoder(ORDERS).value(order(ORDER));
    assertThat(new EventEncoder(ORDERS).value(order)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "12.50 | 12.505 | field 'amount': expected a number of at most 12 digits, 2 of them after",
        "12.50 | 12345678901.00 | field 'amount': expected a number of at most 12 digits",
        "12.50 | \"much\" | field 'amount'",
        "12.50 | 1e2147483648 | a number has an exponent beyond 32 bits",
        "12.50 | 1e-99999999999 | a number has an exponent beyond 32 bits",
        "12.50 | 1e100000000 | field 'amount': expected a number of at most 12 digits",
        "12.50 | \"1e2000000000\" | field 'amount': expected a number of at most 12 digits",
        "12.50 | -1e-100000000 | field 'amount': expected a number of at most 12 digits",
        "\"Łódź\" | \"lone\\ud800x\" | field 'product_category': expected text of whole characters, found \\ud800 alone at character 5",
        "\"Łódź\" | \"\\ude00\\ud83d\" | field 'product_category': expected text of whole characters, found \\ude00 alone at character 1",
        "12.50 | null | field 'amount'",
        "\"order_id\": 1 | \"order_id\": 1.5 | field 'order_id': expected a whole number of 64 bits, found 1.5",
        "\"order_id\": 1 | \"order_id\": \"1\" | field 'order_id': expected a whole number",
        "\"order_id\": 1 | \"order_id\": 9223372036854775808 | field 'order_id'",
        "\"quantity\": 5 | \"quantity\": 2147483648 | field 'quantity': expected a whole number of 32 bits",
        "\"return\" | \"refund\" | field 'action': expected one of purchase, return, found \"refund\"",
        "\"Łódź\" | 7 | field 'product_category': expected text, found 7",
        "\"2026-01-31T12:00:00Z\" | \"yesterday\" | field 'event_time': expected an instant such as",
        "\"2026-01-31T12:00:00Z\" | \"2026-01-31T12:00:00\" | field 'event_time': expected an instant",
        "\"2026-01-31T12:00:00Z\" | \"+300000000-01-01T00:00:00Z\" | field 'event_time': expected an instant whose millis since 1970 have 64 bits, found",
        "\"order_id\": 1 | \"order_id\": 1.0 | field 'order_id': expected a whole number of 64 bits, found 1.0",
        "\"quantity\": 5 | \"quantity\": 5.0 | field 'quantity': expected a whole number of 32 bits, found 5.0",
        "\"order_id\": 1, | `` | field 'order_id' is missing",
        "\"order_id\": 1 | \"orderid\": 1 | Order has no field 'orderid'; its fields are order_id",
        "\"order_id\": 1 | \"order_id\": 1, \"order_id\": 2 | not JSON: Duplicate field 'order_id'",
        "12.50 | NaN | not JSON: Non-standard token 'NaN'",
      })
  void whatDoesNotFitIsRefusedByFieldAndReason(String part, String instead, String reason) {
    assertThat(ORDER).contains(part);
    assertThatThrownBy(() -> order(ORDER.replace(part, instead)))
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains(reason)
        .doesNotContain("\n", "Feature");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{} {}", "not json", "{\"a\": NaN}", "{'a': 1}"})
  void whatIsNotOneJsonValueIsRefused(String line) {
    assertThatThrownBy(() -> order(line))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("not JSON: ")
        .message()
        .doesNotContain("\n", "Feature");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "7", "null", "\"order\""})
  void whatIsNotAnObjectIsRefused(String line) {
    assertThatThrownBy(() -> order(line))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected an object of Order");
  }

  @Test
  void missingFieldsTakeTheirDefaults() {
    GenericRecord all = JsonEvent.parse(ALL, "{}");
    assertThat(all.get("maybe")).isNull();
    assertThat(all.get("small")).isEqualTo(7);
    assertThat(all.get("either")).hasToString("none");
    assertThat(((GenericRecord) all.get("inner")).get("n")).isEqualTo(1L);
  }

  @Test
  void everyTypeOfAvro() {
    GenericRecord all =
        JsonEvent.parse(
            ALL,
            """
            {"maybe": "x", "either": 3, "small": -1, "real": 1e3, "single": 2, "flag": true,
             "raw": "\\u0000\\u00fe", "four": "wxyz", "list": [1, 2], "map": {"k": "v"},
             "day": "1970-01-03", "micros": "1970-01-01T00:00:01Z", "inner": {"n": 5}}""");
    assertThat(all.get("maybe")).isEqualTo("x");
    assertThat(all.get("either")).isEqualTo(3L);
    assertThat(all.get("small")).isEqualTo(-1);
    assertThat(all.get("real")).isEqualTo(1000.0);
    assertThat(all.get("single")).isEqualTo(2.0f);
    assertThat(JsonEvent.parse(ALL, "{\"single\": 3.4028235E38}").get("single"))
        .isEqualTo(Float.MAX_VALUE);
    assertThat(all.get("flag")).isEqualTo(true);
    assertThat(all.get("raw")).isEqualTo(ByteBuffer.wrap(new byte[] {0, (byte) 0xFE}));
    assertThat(((GenericData.Fixed) all.get("four")).bytes())
        .isEqualTo("wxyz".getBytes(StandardCharsets.US_ASCII));
    assertThat(all.get("list")).isEqualTo(List.of(1, 2));
    assertThat(all.get("map")).isEqualTo(Map.of("k", "v"));
    assertThat(all.get("day")).isEqualTo(2);
    assertThat(all.get("micros")).isEqualTo(Instant.ofEpochSecond(1));
    assertThat(((GenericRecord) all.get("inner")).get("n")).isEqualTo(5L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"list\": [1, \"two\"]} | field 'list[1]': expected a whole number",
        "{\"inner\": {\"n\": true}} | field 'inner.n': expected a whole number",
        "{\"inner\": {\"m\": 1}} | Inner has no field 'm'",
        "{\"inner\": {}} | field 'inner.n' is missing",
        "{\"map\": {\"k\": 1}} | field 'map.k': expected text",
        "{\"four\": \"abc\"} | field 'four': expected 4 bytes",
        "{\"raw\": \"Ł\"} | field 'raw': expected text of characters up to U+00FF",
        "{\"flag\": 1} | field 'flag': expected true or false",
        "{\"day\": \"31.1.2026\"} | field 'day': expected a date",
        "{\"real\": \"1\"} | field 'real': expected a number",
        "{\"real\": -1e400} | field 'real': expected a number of at most 1.7976931348623157E308",
        "{\"real\": 1e100000000} | field 'real': expected a number of at most",
        "{\"single\": 1e39} | field 'single': expected a number of at most 3.4028235E38, found",
        "{\"map\": {\"\\udc00\": \"v\"}} | field 'map': expected text of whole characters",
        "{\"map\": {\"k\": \"\\ud800\"}} | field 'map.k': expected text of whole characters",
        "{\"maybe\": \"\\ud800\"} | field 'maybe': expected text of whole characters",
        "{\"either\": true} | field 'either'",
        "{\"small\": null} | field 'small'",
      })
  void theMessageNamesThePathToTheField(String line, String reason) {
    assertThatThrownBy(() -> JsonEvent.parse(ALL, line))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(reason);
  }
}
