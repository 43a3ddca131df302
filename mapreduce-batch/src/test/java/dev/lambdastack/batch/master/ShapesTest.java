package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.EventShape;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.RandomData;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
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

  private List<GenericRecord> written(Schema event) throws IOException {
    Schema schema = FileSchema.of("t", event);
    Path file = folder.resolve("f.parquet");
    List<GenericRecord> rows = new ArrayList<>();
    try (MasterFileWriter writer =
        MasterFileWriter.create(
            new Configuration(), new org.apache.hadoop.fs.Path(file.toUri()), schema, 100_000)) {
      long offset = 0;
      for (Object data : new RandomData(event, 200, 7)) {
        GenericRecord row = new GenericData.Record(schema);
        event.getFields().forEach(f -> row.put(f.pos(), ((GenericRecord) data).get(f.pos())));
        row.put(FileSchema.PARTITION, 0);
        row.put(FileSchema.OFFSET, offset++);
        row.put(FileSchema.APPEND_TIME, 1L);
        row.put(FileSchema.WRITER_SCHEMA, 2L);
        rows.add(row);
        writer.write(row);
      }
    }
    return rows;
  }

  private List<GenericRecord> read(Schema event) throws IOException {
    Configuration conf = FileSchema.parquet(new Configuration());
    AvroReadSupport.setAvroReadSchema(conf, FileSchema.of("t", event));
    List<GenericRecord> rows = new ArrayList<>();
    try (ParquetReader<GenericRecord> reader =
        AvroParquetReader.<GenericRecord>builder(
                HadoopInputFile.fromPath(
                    new org.apache.hadoop.fs.Path(folder.resolve("f.parquet").toUri()), conf))
            .withDataModel(GenericData.get())
            .withConf(conf)
            .build()) {
      for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
        rows.add(row);
      }
    }
    return rows;
  }

  /** Without what Avro's classes of texts and maps differ by. */
  private static Object plain(Object value) {
    if (value instanceof Collection<?> list) {
      return list.stream().map(ShapesTest::plain).toList().toString();
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> sorted = new TreeMap<>();
      map.forEach((k, v) -> sorted.put(k.toString(), plain(v)));
      return sorted;
    }
    if (value instanceof GenericRecord record) {
      return record.getSchema().getFields().stream()
          .map(f -> f.name() + "=" + plain(record.get(f.pos())))
          .toList();
    }
    return String.valueOf(value);
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
        "{'type':'int','logicalType':'time-millis'}",
        "{'type':'record','name':'R','fields':[{'name':'_partition','type':'int'}]}",
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
    List<GenericRecord> rows = written(event);
    assertThat(plain(read(event))).isEqualTo(plain(rows));
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
    assertThatThrownBy(() -> FileSchema.of("t", event)).isInstanceOf(InvalidInputException.class);
    assertThat(EventShape.problem(event)).hasValueSatisfying(p -> assertThat(p).contains("'it"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"_partition", "_offset", "_append_time", "_writer_schema", "_raw"})
  void namesOfOursAreRefused(String name) {
    Schema field = event(name, "'int'");
    Schema alias = event("it", "'int','aliases':['" + name + "']");
    for (Schema event : List.of(field, alias)) {
      assertThatThrownBy(() -> FileSchema.of("t", event))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("that the archive uses");
    }
  }
}
