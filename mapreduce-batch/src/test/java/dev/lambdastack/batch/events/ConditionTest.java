package dev.lambdastack.batch.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionTest {
  private static final Schema SCHEMA =
      SchemaParser.parseSingle(
          """
          {"type":"record","name":"E","fields":[
          {"name":"text","type":["null","string"]},
          {"name":"whole","type":"long"},
          {"name":"real","type":"double"},
          {"name":"flag","type":"boolean"},
          {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
          {"name":"day","type":{"type":"int","logicalType":"date"}},
          {"name":"list","type":{"type":"array","items":"int"}},
          {"name":"either","type":["int","string"]},
          {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}
          """);
  private static final EventType TYPE = EventType.of("events", SCHEMA, "time", "text");

  private static GenericRecord event(String text, double real) {
    GenericRecord event = new GenericData.Record(SCHEMA);
    event.put("text", text);
    event.put("whole", 9007199254740993L);
    event.put("real", real);
    event.put("flag", true);
    event.put("price", ByteBuffer.wrap(BigInteger.valueOf(1250).toByteArray()));
    event.put("day", 19_723);
    event.put("time", 1_704_067_200_500L);
    return event;
  }

  @ParameterizedTest
  @CsvSource({
    "text=ä, true",
    "text!=ä, false",
    "text>z, true",
    "whole=9007199254740993, true",
    "whole=9007199254740992, false",
    "whole>9007199254740992.5, true",
    "whole<1e100000000, true",
    "real=0.1, true",
    "real<0.10000000000000001, true",
    "real>-1e300, true",
    "flag=true, true",
    "flag!=true, false",
    "price=12.5, true",
    "price>=12.50, true",
    "price<12.499, false",
    "day=2024-01-01, true",
    "day<2024-01-01, false",
    "time>=2024-01-01, true",
    "time<2024-01-01T01:00:00.501+01:00, true",
    "time<=2024-01-01T00:00:00.499Z, false",
  })
  void eachComparesWhatTheFieldMeans(String condition, boolean holds) {
    assertThat(Condition.parse(TYPE, condition).holds(event("ä", 0.1))).isEqualTo(holds);
  }

  @Test
  void textsAreComparedByTheirCodePoints() {
    assertThat(Condition.parse(TYPE, "text>\uff5e").holds(event("\ud83d\ude00", 0))).isTrue();
  }

  @Test
  void nullMeetsNothingButTheOpposite() {
    assertThat(Condition.parse(TYPE, "text=x").holds(event(null, 0))).isFalse();
    assertThat(Condition.parse(TYPE, "text<x").holds(event(null, 0))).isFalse();
    assertThat(Condition.parse(TYPE, "text!=x").holds(event(null, 0))).isTrue();
  }

  @Test
  void whatIsNoFiniteNumberIsBeyondEach() {
    assertThat(Condition.parse(TYPE, "real>1e308").holds(event("", Double.POSITIVE_INFINITY)))
        .isTrue();
    assertThat(Condition.parse(TYPE, "real<-1e308").holds(event("", Double.NEGATIVE_INFINITY)))
        .isTrue();
    assertThat(Condition.parse(TYPE, "real=0").holds(event("", Double.NaN))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text",
        "=x",
        "nothing=1",
        "whole=x",
        "whole=",
        "flag=yes",
        "day=yesterday",
        "time=12",
        "list=1",
        "either=1"
      })
  void whatIsNoConditionIsRefused(String text) {
    assertThatThrownBy(() -> Condition.parse(TYPE, text)).isInstanceOf(InvalidInputException.class);
  }
}
