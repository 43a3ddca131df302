package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.EventShape;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.RandomData;
import org.apache.iceberg.data.Record;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every shape that Avro has is either refused in words, or written and read as it was. */
class ShapesTest {
  private static final String EMPTY = "{'type':'record','name':'Empty','fields':[]}";
  private static final String POINT =
      "{'type':'record','name':'Point','fields':[{'name':'x','type':'int'}]}";

  @TempDir private Path folder;

  private static Schema event(String type) {
    return event("it", type);
  }

  private static Schema event(String field, String type) {
    return SchemaParser.parseSingle(
        "{'type':'record','name':'Event','fields':[{'name':'before','type':'int'},{'name':'%s','type':%s},{'name':'after','type':'string'}]}"
            .formatted(field, type)
            .replace('\'', '"'));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        POINT,
        "['null'," + POINT + "]",
        "{'type':'array','items':" + POINT + "}",
        "{'type':'map','values':" + POINT + "}",
        "{'type':'array','items':['null','string']}",
        "{'type':'array','items':{'type':'array','items':'int'}}",
        "{'type':'map','values':{'type':'array','items':['null','int']}}",
        "{'type':'map','values':['null','int']}",
        "{'type':'array','items':{'type':'map','values':'string'}}",
        "['string','int']",
        "['null','string','int']",
        "['string'," + POINT + "]",
        "{'type':'array','items':['string','int']}",
        "['null',{'type':'array','items':'int'}]",
        "['int']",
        "{'type':'fixed','name':'F','size':3}",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'}",
        "{'type':'string','logicalType':'uuid'}",
        "{'type':'bytes','logicalType':'decimal','precision':30,'scale':4}",
        "{'type':'long','logicalType':'local-timestamp-micros'}",
        "{'type':'long','logicalType':'timestamp-nanos'}",
        "{'type':'record','name':'R','fields':[{'name':'lambda_partition','type':'int'}]}",
        "{'type':'record','name':'R','fields':[{'name':'n','type':'null'},{'name':'x','type':'int'}]}",
        "'null'",
        "{'type':'array','items':{'type':'record','name':'R','fields':[{'name':'element','type':'int'}]}}",
        "{'type':'array','items':{'type':'record','name':'R','fields':[{'name':'array','type':'int'}]}}",
        "{'type':'array','items':{'type':'record','name':'array','fields':[{'name':'x','type':'int'}]}}",
        "{'type':'array','items':{'type':'record','name':'list','fields':[{'name':'list','type':'int'}]}}",
        "{'type':'map','values':{'type':'record','name':'R','fields':[{'name':'key','type':'int'},{'name':'value','type':'int'}]}}",
        "{'type':'record','name':'R','fields':[{'name':'member0','type':'int'},{'name':'member1','type':'int'}]}",
        "{'type':'enum','name':'E','symbols':['a']}",
        "['null',{'type':'enum','name':'E','symbols':['a','b']},'string']",
      })
  void isWrittenAndReadAsItWas(String type) throws IOException {
    Schema event = event(type);
    List<GenericRecord> records = new ArrayList<>();
    List<byte[]> encoded = new ArrayList<>();
    for (Object data : new RandomData(event, 200, 7)) {
      records.add((GenericRecord) data);
      encoded.add(TableRows.encode((GenericRecord) data, 0));
    }

    Path file = folder.resolve("f.parquet");
    org.apache.iceberg.Schema columns = EventColumns.of("t", event);
    TableRows.write(file, columns, event, encoded, 0);
    List<Object> rows = new ArrayList<>();
    for (Record row : TableRows.read(file, columns)) {
      Map<?, ?> fields = new LinkedHashMap<>((Map<?, ?>) TableRows.plain(row));
      fields.keySet().removeIf(name -> name.toString().startsWith(EventColumns.PREFIX));
      rows.add(fields);
    }

    assertThat(rows).isEqualTo(records.stream().map(r -> TableRows.plain(event, r)).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        EMPTY,
        "['null'," + EMPTY + "]",
        "['string'," + EMPTY + "]",
        "{'type':'array','items':" + EMPTY + "}",
        "{'type':'map','values':" + EMPTY + "}",
        "{'type':'record','name':'R','fields':[{'name':'n','type':'null'}]}",
        "{'type':'record','name':'R','fields':[{'name':'n','type':" + EMPTY + "}]}",
        "['null']",
        "{'type':'array','items':'null'}",
        "{'type':'map','values':'null'}",
        "{'type':'enum','name':'E','symbols':[]}",
        "[]",
        "{'type':'fixed','name':'F','size':0}",
        "{'type':'record','name':'R','fields':[{'name':'r','type':['null','R']}]}",
      })
  void isRefused(String type) {
    Schema event = event(type);
    assertThatThrownBy(() -> EventColumns.of("t", event)).isInstanceOf(InvalidInputException.class);
    assertThat(EventShape.problem(event)).hasValueSatisfying(p -> assertThat(p).contains("'it"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lambda_partition",
        "lambda_offset",
        "lambda_append_time",
        "lambda_writer_schema",
        "lambda_raw"
      })
  void namesOfOursAreRefused(String name) {
    Schema field = event(name, "'int'");
    Schema alias = event("it", "'int','aliases':['" + name + "']");
    for (Schema event : List.of(field, alias)) {
      assertThatThrownBy(() -> EventColumns.of("t", event))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("as the archive's own columns do");
    }
  }
}
