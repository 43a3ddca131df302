package dev.lambdastack.batch.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.views.InvalidInputException;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventColumnsTest {
  private static final String POINT =
      "{'type':'record','name':'Point','namespace':'a.b','fields':[{'name':'x','type':'int'},{'name':'n','type':'null'}]}";

  /** An event with these fields behind its time; JSON with single quotes. */
  static Schema event(String fields) {
    return SchemaParser.parseSingle(
        "{'type':'record','name':'Event','fields':[{'name':'time','type':{'type':'long','logicalType':'timestamp-millis'}}%s]}"
            .formatted(fields.isEmpty() ? "" : "," + fields)
            .replace('\'', '"'));
  }

  static String field(String type) {
    return "{'name':'it','type':" + type + "}";
  }

  private static NestedField column(String type) {
    return EventColumns.of("hits", event(field(type))).findField("it");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'boolean' | boolean",
        "'int' | int",
        "'long' | long",
        "'float' | float",
        "'double' | double",
        "'string' | string",
        "'bytes' | binary",
        "{'type':'fixed','name':'F','size':3} | fixed[3]",
        "{'type':'enum','name':'E','symbols':['a','b']} | string",
        "{'type':'string','logicalType':'uuid'} | string",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | fixed[12]",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | decimal(9, 2)",
        "{'type':'bytes','logicalType':'decimal','precision':38,'scale':0} | decimal(38, 0)",
        "{'type':'fixed','name':'F','size':8,'logicalType':'decimal','precision':18,'scale':4} | decimal(18, 4)",
        "{'type':'int','logicalType':'date'} | date",
        "{'type':'int','logicalType':'time-millis'} | int",
        "{'type':'long','logicalType':'time-micros'} | long",
        "{'type':'long','logicalType':'timestamp-millis'} | timestamptz",
        "{'type':'long','logicalType':'timestamp-micros'} | timestamptz",
        "{'type':'long','logicalType':'timestamp-nanos'} | long",
        "{'type':'long','logicalType':'local-timestamp-millis'} | timestamp",
        "{'type':'long','logicalType':'local-timestamp-micros'} | timestamp",
        "{'type':'long','logicalType':'local-timestamp-nanos'} | long",
      })
  void everySingleValueHasItsType(String avro, String type) {
    assertThat(column(avro).type()).hasToString(type);
    assertThat(column(avro).isRequired()).isTrue();
    assertThat(column("['null'," + avro + "]").type()).hasToString(type);
    assertThat(column("['null'," + avro + "]").isOptional()).isTrue();
    assertThat(column("[" + avro + ",'null']").isOptional()).isTrue();
    assertThat(column("[" + avro + "]").type()).as("a union of one type").hasToString(type);
    assertThat(column("[" + avro + "]").isRequired()).isTrue();
  }

  @Test
  void nestedValuesAreNestedAndWhatIsAlwaysNullHasNoColumn() {
    Types.StructType point = column(POINT).type().asStructType();
    assertThat(point.fields()).extracting(NestedField::name).containsExactly("x");
    assertThat(column("'null'")).isNull();

    Types.ListType list = column("{'type':'array','items':['null','int']}").type().asListType();
    assertThat(list.isElementOptional()).isTrue();
    assertThat(list.elementType()).isEqualTo(Types.IntegerType.get());
    assertThat(column("{'type':'array','items':'int'}").type().asListType().isElementRequired())
        .isTrue();

    Types.MapType map = column("{'type':'map','values':['null'," + POINT + "]}").type().asMapType();
    assertThat(map.keyType()).isEqualTo(Types.StringType.get());
    assertThat(map.isValueOptional()).isTrue();
    assertThat(map.valueType().isStructType()).isTrue();
    assertThat(column("{'type':'map','values':'int'}").type().asMapType().isValueRequired())
        .isTrue();
  }

  @Test
  void aUnionOfSeveralTypesIsTheNameOfItsTypeAndAColumnForEach() {
    for (String union :
        List.of("['string','int'," + POINT + "]", "['string','null','int'," + POINT + "]")) {
      NestedField column = column(union);
      assertThat(column.isOptional()).isEqualTo(union.contains("'null','int'"));

      List<NestedField> fields = column.type().asStructType().fields();
      assertThat(fields)
          .extracting(NestedField::name)
          .containsExactly("type", "string", "int", "a_b_Point");
      assertThat(fields.get(0).isRequired()).isTrue();
      assertThat(fields.subList(1, 4)).allMatch(NestedField::isOptional);
    }
  }

  @Test
  void ourOwnColumnsComeLastAndEachHasAnIdOfItsOwn() {
    org.apache.iceberg.Schema columns =
        EventColumns.of(
            "hits",
            event(
                field("{'type':'map','values':{'type':'array','items':" + POINT + "}}")
                    + ",{'name':'u','type':['string','int'],'doc':'what it is'}"));

    assertThat(columns.columns())
        .extracting(NestedField::name)
        .containsExactly(
            "time",
            "it",
            "u",
            "lambda_partition",
            "lambda_offset",
            "lambda_append_time",
            "lambda_writer_schema",
            "lambda_raw");
    assertThat(columns.findField("u").doc()).isEqualTo("what it is");
    // time; it: key, value, element, x; u: type, string, int; five of ours.
    assertThat(TypeUtil.indexById(columns.asStruct())).hasSize(1 + 5 + 4 + 5);
  }

  private static void assertRefused(Schema event, String... problem) {
    assertThatThrownBy(() -> EventColumns.of("hits", event))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot archive topic hits: Event has no form in a table: ")
        .hasMessageContainingAll(problem)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lambda_raw", "lambda_mine", "Lambda_Offset"})
  void namesOfOursAreRefused(String name) {
    assertRefused(event("{'name':'%s','type':'int'}".formatted(name)), name, "begins with lambda_");
    assertRefused(
        event("{'name':'it','type':'int','aliases':['%s']}".formatted(name)),
        "'it'",
        "begins with lambda_");
  }

  /** What Iceberg reserves is not ours, and an event may have it below its first level. */
  @Test
  void otherNamesAreTaken() {
    assertThat(
            column(
                    "{'type':'record','name':'R','fields':[{'name':'lambda_raw','type':'int'},{'name':'type','type':'int'}]}")
                .type()
                .asStructType()
                .fields())
        .hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s",
        "{'name':'it','type':{'type':'record','name':'R','fields':[%s]}}",
        "{'name':'it','type':['null',{'type':'record','name':'R','fields':[%s]}]}",
        "{'name':'it','type':['int',{'type':'record','name':'R','fields':[%s]}]}",
        "{'name':'it','type':{'type':'array','items':{'type':'record','name':'R','fields':[%s]}}}",
        "{'name':'it','type':{'type':'map','values':['null',{'type':'record','name':'R','fields':[%s]}]}}",
      })
  void namesThatDifferInCaseAloneAreRefusedAtAnyDepth(String fields) {
    String two = "{'name':'user','type':'int'},{'name':'User','type':'int'}";
    assertRefused(
        event(fields.formatted(two)), "'user'", "User'", "differ in case alone; rename one");
  }

  /** The columns of a union's types: engines could not tell them from each other. */
  @Test
  void typesOfAUnionWhoseNamesFallTogetherAreRefused() {
    String record = "{'type':'record','name':'%s','fields':[{'name':'x','type':'int'}]}";
    assertRefused(
        event(field("['string'," + record.formatted("String") + "]")), "'it'", "'String'");
    assertRefused(event(field("['int'," + record.formatted("type") + "]")), "'it'", "'type'");
    assertRefused(
        event(field("[" + record.formatted("a.b_c") + "," + record.formatted("a_b.c") + "]")),
        "'it'",
        "'a_b_c'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'bytes','logicalType':'decimal','precision':39,'scale':2}",
        "{'type':'array','items':{'type':'bytes','logicalType':'decimal','precision':39,'scale':2}}",
        "['int',{'type':'fixed','name':'F','size':20,'logicalType':'decimal','precision':39,'scale':2}]",
      })
  void decimalsOfMoreDigitsThanAnyEngineHasAreRefused(String type) {
    assertRefused(event(field(type)), "'it'", "decimal of 39 digits (expected at most 38)");
  }

  @Test
  void whatHasNoColumnsIsRefused() {
    assertRefused(event(field("{'type':'record','name':'R','fields':[]}")), "without fields");
    assertRefused(event(field("['null']")), "a union without a value");
    assertRefused(event(field("{'type':'array','items':'null'}")), "a list or map of nulls");
  }

  @Test
  void aFileHasTheTablesIdsAndSaysWhatIsNeverNull() {
    Schema first = event(field("{'type':'array','items':'int'}"));
    org.apache.iceberg.Schema table = EventColumns.of("hits", first);
    org.apache.iceberg.Schema file = EventColumns.ofFile(table, first);
    assertThat(file.asStruct()).isEqualTo(table.asStruct());

    // The table has taken both to be null since: files of the schema say so no longer.
    Type nullable =
        Types.ListType.ofOptional(table.findField("it.element").fieldId(), Types.IntegerType.get());
    org.apache.iceberg.Schema later =
        new org.apache.iceberg.Schema(
            table.columns().stream()
                .map(
                    c ->
                        c.name().equals("it")
                            ? NestedField.optional(c.fieldId(), "it", nullable)
                            : c)
                .toList());
    assertThat(EventColumns.ofFile(later, first).asStruct()).isEqualTo(table.asStruct());
  }
}
