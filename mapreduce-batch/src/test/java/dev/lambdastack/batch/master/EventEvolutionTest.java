package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.RandomData;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types.NestedField;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventEvolutionTest {
  private static final TableIdentifier ID = TableIdentifier.of("events", "hits");
  private static final String POINT =
      "{'type':'record','name':'Point','fields':[{'name':'x','type':'int'}%s]}";

  @TempDir private Path folder;
  private InMemoryCatalog catalog;
  private int files;

  @BeforeEach
  void open() {
    catalog = new InMemoryCatalog();
    catalog.initialize("test", Map.of());
    catalog.createNamespace(Namespace.of("events"));
  }

  private static Schema event(String fields) {
    return EventColumnsTest.event(fields);
  }

  private static Schema it(String type) {
    return event(EventColumnsTest.field(type));
  }

  private Table table(Schema first) {
    catalog.dropTable(ID);
    return catalog.createTable(
        ID,
        EventColumns.of("hits", first),
        PartitionSpec.unpartitioned(),
        Map.of("format-version", "3"));
  }

  /** Whether the table has changed. */
  private static boolean evolve(Table table, Schema pinned) {
    UpdateSchema update = table.updateSchema();
    boolean isChanged = EventEvolution.to("hits", update, table.schema(), pinned);
    if (isChanged) {
      update.commit();
    }
    return isChanged;
  }

  private Table evolved(Schema first, Schema second) {
    Table table = table(first);
    Map<Integer, String> before = TypeUtil.indexNameById(table.schema().asStruct());
    evolve(table, second);

    // No id goes, none has another meaning, and a second run has nothing to do.
    Map<Integer, String> after = TypeUtil.indexNameById(table.schema().asStruct());
    assertThat(after.keySet()).containsAll(before.keySet());
    int schemaId = table.schema().schemaId();
    assertThat(evolve(table, second)).as("a second run changes something").isFalse();
    assertThat(table.schema().schemaId()).isEqualTo(schemaId);
    // Files of both schemas can be written.
    EventColumns.ofFile(table.schema(), second);
    return table;
  }

  private static int id(Table table, String column) {
    return table.schema().findField(column).fieldId();
  }

  /** A new table gives columns ids of its own. */
  private int idAtFirst(Schema first, String column) {
    return idsAtFirst(first).findField(column).fieldId();
  }

  private org.apache.iceberg.Schema idsAtFirst(Schema first) {
    TableIdentifier other = TableIdentifier.of("events", "first");
    catalog.dropTable(other);
    return catalog.createTable(other, EventColumns.of("hits", first)).schema();
  }

  // ---- what an older file reads as

  /** Events of the first schema in a file, read by the table's columns of the second. */
  private List<Record> readAfter(Schema first, Schema second) throws Exception {
    Table table = table(first);
    List<byte[]> events = new ArrayList<>();
    for (Object data : new RandomData(first, 20, 7)) {
      GenericRecord event = (GenericRecord) data;
      event.put("time", 5L);
      events.add(TableRows.encode(event, 0));
    }
    Path file = folder.resolve(++files + ".parquet");
    TableRows.write(file, table.schema(), first, events, 0);
    evolve(table, second);
    return TableRows.read(file, table.schema());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'boolean' | true",
        "'int' | -7",
        "'long' | 12345678901",
        "'long' | 7",
        "'float' | 1.5",
        "'double' | -2.25",
        "'double' | 3",
        "'string' | 'none €'",
        "'string' | ''",
        "'bytes' | '\\u0000\\u00ff'",
        "{'type':'fixed','name':'F','size':2} | '\\u0001\\u00ff'",
        "{'type':'enum','name':'E','symbols':['a','b']} | 'b'",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | '\\u00ff\\u0085'",
        "{'type':'bytes','logicalType':'decimal','precision':38,'scale':10} | '\\u0001'",
        "{'type':'fixed','name':'F','size':8,'logicalType':'decimal','precision':18,'scale':4} | '\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0001\\u0000'",
        "{'type':'int','logicalType':'date'} | -3",
        "{'type':'int','logicalType':'time-millis'} | 5001",
        "{'type':'long','logicalType':'time-micros'} | 5000001",
        "{'type':'long','logicalType':'timestamp-millis'} | -1",
        "{'type':'long','logicalType':'timestamp-millis'} | 1700000000123",
        "{'type':'long','logicalType':'timestamp-micros'} | 1700000000123456",
        "{'type':'long','logicalType':'local-timestamp-millis'} | 1700000000123",
        "{'type':'long','logicalType':'local-timestamp-micros'} | -1",
      })
  void aNewFieldReadsAsItsDefaultInOlderFiles(String type, String value) throws Exception {
    Schema first = event("{'name':'other','type':'int'}");
    for (String union : List.of("%s", "[%s,'null']", "[%s]")) {
      Schema second =
          event(
              "{'name':'it','type':%s,'default':%s},{'name':'other','type':'int'}"
                  .formatted(union.formatted(type), value));
      Schema.Field field = second.getField("it");
      Object expected = TableRows.plain(field.schema(), GenericData.get().getDefaultValue(field));

      List<Record> rows = readAfter(first, second);

      assertThat(rows).hasSize(20);
      assertThat(rows).extracting(r -> TableRows.plain(r.getField("it"))).containsOnly(expected);
      Table table = evolved(first, second);
      assertThat(table.schema().findField("it").isOptional())
          .isEqualTo(field.schema().isNullable());
      assertThat(id(table, "other")).isEqualTo(idAtFirst(first, "other"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'type':['null','int'],'default':null",
        // A table cannot say these of its older files: null is what is not known.
        "'type':{'type':'array','items':'int'},'default':[1]",
        "'type':{'type':'map','values':'int'},'default':{}",
        "'type':['string','int'],'default':'x'",
        "'type':{'type':'record','name':'R','fields':[{'name':'x','type':'int'}]},'default':{'x':1}",
        "'type':'int'",
      })
  void aNewFieldWithoutSuchADefaultReadsAsNull(String rest) throws Exception {
    Schema first = event("{'name':'other','type':'int'}");
    Schema second = event("{'name':'it',%s},{'name':'other','type':'int'}".formatted(rest));

    assertThat(readAfter(first, second)).extracting(r -> r.getField("it")).containsOnlyNulls();
    assertThat(evolved(first, second).schema().findField("it").isOptional()).isTrue();
  }

  @Test
  void newColumnsStandBeforeOurs() {
    Table table =
        evolved(
            event("{'name':'a','type':'int'}"),
            event(
                "{'name':'a','type':'int'},{'name':'b','type':['null','int']},{'name':'c','type':'int','default':1}"));
    assertThat(table.schema().columns())
        .extracting(NestedField::name)
        .startsWith("time", "a", "b", "c", "lambda_partition");
  }

  // ---- names

  @Test
  void aFieldOfAnotherNameKeepsItsColumnByAnAlias() throws Exception {
    Schema first =
        event("{'name':'a','type':'int'},{'name':'p','type':" + POINT.formatted("") + "}");
    Schema second =
        event(
            "{'name':'b','type':'long','aliases':['a']},{'name':'p','type':{'type':'record','name':'Point','fields':[{'name':'y','type':'int','aliases':['x']}]}}");

    Table table = evolved(first, second);

    assertThat(id(table, "b")).isEqualTo(idAtFirst(first, "a"));
    assertThat(table.schema().findField("a")).isNull();
    assertThat(table.schema().findType("b")).hasToString("long");
    assertThat(id(table, "p.y")).isEqualTo(idAtFirst(first, "p.x"));
    assertThat(readAfter(first, second))
        .allMatch(r -> r.getField("b") instanceof Long)
        .allMatch(r -> ((Record) r.getField("p")).getField("y") instanceof Integer);
  }

  @Test
  void theColumnOfTheNameGoesBeforeThatOfAnAlias() {
    Schema first = event("{'name':'a','type':'int'},{'name':'b','type':'int'}");
    Schema second = event("{'name':'b','type':'int','aliases':['a']}");
    Table table = evolved(first, second);
    assertThat(id(table, "b")).isEqualTo(idAtFirst(first, "b"));
    assertThat(table.schema().findField("a").isOptional()).isTrue();
  }

  /** Two fields cannot have one column. */
  @Test
  void anAliasThatIsAnotherFieldsNameIsNoName() {
    Schema first = event("{'name':'a','type':'int'}");
    Schema second =
        event(
            "{'name':'b','type':'int','aliases':['a'],'default':3},{'name':'a','type':['null','int']}");
    Table table = evolved(first, second);
    assertThat(table.schema().findField("a").isOptional()).isTrue();
    assertThat(table.schema().findField("b").initialDefault()).isEqualTo(3);
  }

  /** The same column under a name that only its case tells from the old one. */
  @Test
  void aFieldMayTakeAnotherCaseByAnAlias() {
    Table table =
        evolved(
            event("{'name':'user','type':'int'}"),
            event("{'name':'User','type':'int','aliases':['user']}"));
    assertThat(table.schema().columns())
        .extracting(NestedField::name)
        .startsWith("time", "User", "lambda_partition");
  }

  /** Back to what was pinned before, as a rollback of a deployment does. */
  @Test
  void aSchemaThatIsPinnedAgainFindsItsColumns() {
    Schema first = event("{'name':'a','type':'int'}");
    Schema second =
        event("{'name':'b','type':'int','aliases':['a']},{'name':'c','type':'int','default':1}");
    Table table = evolved(first, second);
    int b = id(table, "b");
    int c = id(table, "c");

    Schema again = event("{'name':'a','type':'int','aliases':['b']}");
    evolve(table, again);
    assertThat(id(table, "a")).isEqualTo(b);
    assertThat(table.schema().findField("c").isOptional()).isTrue();
    evolve(table, second);
    assertThat(id(table, "b")).isEqualTo(b);
    assertThat(id(table, "c")).isEqualTo(c);
  }

  // ---- types

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'int' | 'long' | long | false",
        "'float' | 'double' | double | false",
        "'int' | ['null','int'] | int | true",
        "'int' | ['long','null'] | long | true",
        "['null','int'] | 'int' | int | true",
        "'int' | ['int'] | int | false",
        "{'type':'enum','name':'E','symbols':['a']} | {'type':'enum','name':'E','symbols':['a','b']} | string | false",
        "{'type':'enum','name':'E','symbols':['a']} | 'string' | string | false",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | {'type':'bytes','logicalType':'decimal','precision':12,'scale':2} | decimal(12, 2) | false",
      })
  void whatIcebergCanWidenIsWidened(String from, String to, String type, boolean isOptional)
      throws Exception {
    Table table = evolved(it(from), it(to));
    assertThat(id(table, "it")).isEqualTo(idAtFirst(it(from), "it"));
    assertThat(table.schema().findType("it")).hasToString(type);
    assertThat(table.schema().findField("it").isOptional()).isEqualTo(isOptional);
    assertThat(readAfter(it(from), it(to)))
        .extracting(r -> r.getField("it"))
        .allMatch(v -> isOptional || v != null);
  }

  /** A default that was given as an int is one of a long afterwards. */
  @Test
  void aColumnWithADefaultIsWidenedToo() throws Exception {
    Schema first = event("{'name':'other','type':'int'}");
    Schema second = event("{'name':'it','type':'int','default':7},{'name':'other','type':'int'}");
    Schema third = event("{'name':'it','type':'long','default':7},{'name':'other','type':'int'}");
    Table table = evolved(first, second);
    evolve(table, third);
    assertThat(table.schema().findType("it")).hasToString("long");

    List<byte[]> events = List.of(TableRows.encode(record(first), 0));
    Path file = folder.resolve("first.parquet");
    TableRows.write(file, idsAtFirst(first), first, events, 0);
    assertThat(TableRows.read(file, table.schema()).get(0).getField("it")).isEqualTo(7L);
  }

  private static GenericRecord record(Schema schema) {
    GenericRecord record = (GenericRecord) new RandomData(schema, 1, 7).iterator().next();
    record.put("time", 5L);
    return record;
  }

  @Test
  void whatALaterSchemaDoesNotHaveStaysAsAColumnThatMayBeNull() throws Exception {
    Schema first =
        event(
            "{'name':'gone','type':'int'},{'name':'p','type':"
                + POINT.formatted(",{'name':'gone','type':'string'}")
                + "}");
    Schema second = event("{'name':'p','type':" + POINT.formatted("") + "}");

    Table table = evolved(first, second);

    for (String column : List.of("gone", "p.gone")) {
      assertThat(id(table, column)).isEqualTo(idAtFirst(first, column));
      assertThat(table.schema().findField(column).isOptional()).isTrue();
    }
    assertThat(readAfter(first, second))
        .allMatch(r -> r.getField("gone") != null)
        .allMatch(r -> ((Record) r.getField("p")).getField("gone") != null);
    assertThat(EventColumns.ofFile(table.schema(), second).findField("gone")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s",
        "['null',%s]",
        "{'type':'array','items':%s}",
        "{'type':'array','items':['null',%s]}",
        "{'type':'map','values':%s}",
        "{'type':'map','values':{'type':'array','items':%s}}",
        "['int',%s]",
        "['null','string',{'type':'array','items':%s}]",
      })
  void recordsChangeWhereverTheyStand(String within) {
    Schema first = it(within.formatted(POINT.formatted(",{'name':'gone','type':'int'}")));
    Schema second =
        it(
            within.formatted(
                "{'type':'record','name':'Point','fields':[{'name':'x','type':['null','long']},{'name':'new','type':'string','default':'d'},{'name':'list','type':{'type':'array','items':'int'},'default':[]}]}"));

    Table table = evolved(first, second);

    Map<String, Integer> now = lastNames(table.schema());
    Map<String, Integer> then = lastNames(idsAtFirst(first));
    assertThat(now.get("x")).isEqualTo(then.get("x"));
    assertThat(now.get("gone")).isEqualTo(then.get("gone"));
    assertThat(table.schema().findField(now.get("x")))
        .returns(true, NestedField::isOptional)
        .returns("long", f -> f.type().toString());
    assertThat(table.schema().findField(now.get("gone")).isOptional()).isTrue();
    assertThat(now).containsKeys("new", "list");
  }

  /** Ids by the last part of names, of which none stands twice here but those of lists and maps. */
  private static Map<String, Integer> lastNames(org.apache.iceberg.Schema schema) {
    Map<String, Integer> ids = new TreeMap<>();
    TypeUtil.indexNameById(schema.asStruct())
        .forEach((id, name) -> ids.put(name.substring(name.lastIndexOf('.') + 1), id));
    return ids;
  }

  @Test
  void itemsMayBecomeNull() throws Exception {
    Schema first =
        event(
            "{'name':'l','type':{'type':'array','items':'int'}},{'name':'m','type':{'type':'map','values':'int'}}");
    Schema second =
        event(
            "{'name':'l','type':{'type':'array','items':['null','long']}},{'name':'m','type':{'type':'map','values':['long','null']}}");
    Table table = evolved(first, second);
    assertThat(table.schema().findField("l.element"))
        .returns(true, NestedField::isOptional)
        .returns("long", f -> f.type().toString());
    assertThat(table.schema().findField("m.value"))
        .returns(true, NestedField::isOptional)
        .returns("long", f -> f.type().toString());
    readAfter(first, second);
  }

  @Test
  void aUnionTakesFurtherTypes() throws Exception {
    Schema first = it("['string','int']");
    Schema second = it("['null','string','long','int'," + POINT.formatted("") + "]");

    Table table = evolved(first, second);

    assertThat(table.schema().findField("it").isOptional()).isTrue();
    assertThat(table.schema().findType("it").asStructType().fields())
        .extracting(NestedField::name)
        .containsExactly("type", "string", "int", "long", "Point");
    for (String column : List.of("it", "it.type", "it.string", "it.int")) {
      assertThat(id(table, column)).isEqualTo(idAtFirst(first, column));
    }
    assertThat(readAfter(first, second))
        .allMatch(r -> ((Record) r.getField("it")).getField("type") != null);

    // One that goes stays as a column.
    assertThat(evolve(table, it("['string','long']"))).isFalse();
  }

  /** A file's columns are in the order of its schema, whatever order the table's are in. */
  @Test
  void eventsAreWrittenIntoATableThatHasGrown() throws Exception {
    Schema first = event("{'name':'u','type':['string','int']},{'name':'a','type':'int'}");
    Schema second =
        event(
            "{'name':'z','type':'string','default':'z'},{'name':'a','type':['null','long'],'default':null},{'name':'u','type':['null','double','int','string']}");
    Table table = evolved(first, second);
    for (Schema schema : List.of(first, second)) {
      List<byte[]> encoded = new ArrayList<>();
      List<GenericRecord> records = new ArrayList<>();
      for (Object data : new RandomData(schema, 100, 3)) {
        ((GenericRecord) data).put("time", 5L);
        records.add((GenericRecord) data);
        encoded.add(TableRows.encode((GenericRecord) data, 0));
      }
      Path file = folder.resolve(schema.hashCode() + ".parquet");
      TableRows.write(file, table.schema(), schema, encoded, 0);

      List<Record> rows = TableRows.read(file, table.schema());
      for (int i = 0; i < rows.size(); i++) {
        Map<?, ?> expected = (Map<?, ?>) TableRows.plain(schema, records.get(i));
        Map<?, ?> found = (Map<?, ?>) TableRows.plain(rows.get(i));
        assertThat(found.get("a"))
            .isEqualTo(
                expected.get("a") instanceof Integer whole
                    ? Long.valueOf(whole)
                    : expected.get("a"));
        assertThat(found.get("z")).isEqualTo(schema == first ? "z" : expected.get("z"));
        Map<?, ?> union = (Map<?, ?>) expected.get("u");
        if (union == null) {
          assertThat(found.get("u")).isNull();
        } else {
          Map<?, ?> columns = (Map<?, ?>) found.get("u");
          union.forEach((name, value) -> assertThat(columns.get(name)).isEqualTo(value));
        }
      }
    }
  }

  // ---- what cannot be

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'int' | 'double'",
        "'int' | 'float'",
        "'long' | 'double'",
        "'long' | 'int'",
        "'double' | 'float'",
        "'int' | 'string'",
        "'string' | 'bytes'",
        "'bytes' | 'string'",
        "'string' | ['string','int']",
        "['string','int'] | 'string'",
        "['null','string','int'] | ['null','string']",
        "'string' | {'type':'array','items':'string'}",
        "{'type':'array','items':'int'} | {'type':'map','values':'int'}",
        "{'type':'map','values':'int'} | {'type':'record','name':'R','fields':[{'name':'x','type':'int'}]}",
        "{'type':'record','name':'R','fields':[{'name':'type','type':'string'}]} | 'int'",
        "'long' | {'type':'long','logicalType':'timestamp-millis'}",
        "{'type':'long','logicalType':'timestamp-micros'} | {'type':'long','logicalType':'local-timestamp-micros'}",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | {'type':'bytes','logicalType':'decimal','precision':9,'scale':3}",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | {'type':'bytes','logicalType':'decimal','precision':8,'scale':2}",
        "{'type':'fixed','name':'F','size':2} | {'type':'fixed','name':'F','size':3}",
      })
  void whatATablesColumnCannotBecomeIsRefused(String from, String to) {
    for (String within :
        List.of(
            "%s",
            "{'type':'array','items':%s}",
            "{'type':'map','values':['null',{'type':'record','name':'W','fields':[{'name':'inner','type':%s}]}]}")) {
      Table table = table(it(within.formatted(from)));
      org.apache.iceberg.Schema before = table.schema();
      Schema second = it(within.formatted(to));

      assertThatThrownBy(() -> evolve(table, second))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("Cannot archive topic hits: field 'it")
          .hasMessageContaining("cannot become")
          .hasMessageContaining("under another name")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));

      table.refresh();
      assertThat(table.schema().sameSchema(before)).isTrue();
    }
  }

  @Test
  void whatHasNoFormInATableIsRefusedHereToo() {
    Table table = table(it("'int'"));
    Schema clashing = event("{'name':'it','type':'int'},{'name':'IT','type':['null','int']}");
    assertThatThrownBy(() -> evolve(table, clashing))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("differ in case alone");
  }

  /** A column that no field has any more is still in the table, and engines see it. */
  @Test
  void aNewFieldMayNotDifferInCaseAloneFromAColumnThatIsThere() {
    Table table =
        evolved(
            event("{'name':'user','type':'int'},{'name':'a','type':'int'}"),
            event("{'name':'a','type':'int'}"));
    Schema third = event("{'name':'User','type':['null','int']},{'name':'a','type':'int'}");
    assertThatThrownBy(() -> evolve(table, third))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'User'")
        .hasMessageContaining("'user'")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** A field of this name is one of an event, and no union's. */
  @Test
  void aRecordWithAFieldTypeIsNoUnion() {
    Table table =
        table(it("{'type':'record','name':'R','fields':[{'name':'type','type':'string'}]}"));
    assertThatThrownBy(() -> evolve(table, it("['string','int']")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("cannot become");
  }
}
