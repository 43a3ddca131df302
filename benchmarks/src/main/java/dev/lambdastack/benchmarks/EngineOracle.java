package dev.lambdastack.benchmarks;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericRecord;

/**
 * What is right: rows and answers, recounted from the events that were sent.
 *
 * @param pins the pinned version of the schema in each round
 */
record EngineOracle(EngineEvents source, List<Integer> pins) {
  /** The day that the document asks for. */
  private static final LocalDate DAY = LocalDate.of(2026, 1, 31);

  private static final long MILLIS_A_DAY = 86_400_000;

  private static LocalDate day(GenericRecord event) {
    long millis = (Long) event.get(EngineEvents.EVENT_TIME);
    return LocalDate.ofEpochDay(Math.floorDiv(millis, MILLIS_A_DAY));
  }

  long eventsUpTo(int round) {
    return source.sent().stream().filter(s -> s.round() <= round).count();
  }

  long eventsOf(int round) {
    return source.sent().stream().filter(s -> s.round() == round).count();
  }

  /** The days that events of a round are of, since 1970. */
  Set<Long> daysOf(int round) {
    return source.sent().stream()
        .filter(s -> s.round() == round)
        .map(s -> day(s.event()).toEpochDay())
        .collect(Collectors.toSet());
  }

  private ExpectedTable table(int round) {
    ExpectedTable table = new ExpectedTable();
    for (int pinned = 1; pinned <= pins.get(round); pinned++) {
      table.evolve(source.schema(pinned));
    }
    return table;
  }

  /** The columns' types after a round, by name. */
  Map<String, String> types(int round) {
    return table(round).types();
  }

  /** All columns of all rows after a round. */
  List<String> rows(int round) {
    ExpectedTable table = table(round);
    return source.sent().stream()
        .filter(s -> s.round() <= round)
        .map(s -> EngineText.struct(row(table, s)))
        .toList();
  }

  /** Some columns of all rows, which are the same in each version of the schema. */
  List<String> rowsOf(Set<String> columns) {
    ExpectedTable table = table(0);
    List<String> rows = new ArrayList<>();
    for (EngineEvents.Sent sent : source.sent()) {
      Map<String, String> row = row(table, sent);
      row.keySet().retainAll(columns);
      rows.add(EngineText.struct(row));
    }
    return rows;
  }

  private Map<String, String> row(ExpectedTable table, EngineEvents.Sent sent) {
    Schema pinned = source.schema(pins.get(sent.round()));
    Schema writer = sent.event().getSchema();
    Map<String, String> row = new TreeMap<>(table.values(EngineEvents.as(sent.event(), pinned)));
    row.put("lambda_partition", String.valueOf(sent.partition()));
    row.put("lambda_offset", String.valueOf(sent.offset()));
    row.put("lambda_append_time", sent.appendTime().toString());
    row.put(
        "lambda_writer_schema", String.valueOf(SchemaNormalization.parsingFingerprint64(writer)));
    row.put("lambda_raw", writer.equals(pinned) ? "null" : EngineText.hex(sent.value()));
    return row;
  }

  /** Where records stood that are no events, and their values. */
  List<String> deadLetters() {
    return source.dead().stream()
        .map(
            d ->
                EngineText.struct(
                    new TreeMap<>(
                        Map.of(
                            "offset", String.valueOf(d.offset()),
                            "partition", String.valueOf(d.partition()),
                            "value", d.value() == null ? "null" : EngineText.hex(d.value())))))
        .toList();
  }

  /** Of a day, count and sum of the amounts by category, as the document asks for them. */
  List<String> sumsOfDay(String count) {
    return sums(
        event -> day(event).equals(DAY),
        "category",
        event -> EngineText.quoted(event.get("category").toString()),
        count);
  }

  /** Of all events, count and sum of the amounts by day. */
  List<String> sumsByDay(String count) {
    return sums(event -> true, "day", event -> day(event).toString(), count);
  }

  private List<String> sums(
      Predicate<GenericRecord> where,
      String keyName,
      Function<GenericRecord, String> key,
      String count) {
    Map<String, List<BigDecimal>> groups = new TreeMap<>();
    for (EngineEvents.Sent sent : source.sent()) {
      if (where.test(sent.event())) {
        groups.merge(
            key.apply(sent.event()),
            List.of(BigDecimal.ONE, EngineEvents.decimal(sent.event(), "amount")),
            EngineOracle::plus);
      }
    }
    List<String> rows = new ArrayList<>();
    groups.forEach(
        (group, values) ->
            rows.add(
                EngineText.struct(
                    new TreeMap<>(
                        Map.of(
                            keyName,
                            group,
                            count,
                            values.get(0).toString(),
                            "sum(amount)",
                            values.get(1).toPlainString())))));
    return rows;
  }

  /**
   * Counts by a field and day, after a round; with the sums of the fields behind.
   *
   * @param pinned the version by which events are read now
   */
  Groups groups(int round, int pinned, String key, List<String> summed) {
    Map<String, List<BigDecimal>> groups = new HashMap<>();
    for (EngineEvents.Sent sent : source.sent()) {
      if (sent.round() > round) {
        continue;
      }

      GenericRecord event = EngineEvents.as(sent.event(), source.schema(pinned));
      List<BigDecimal> values = new ArrayList<>(List.of(BigDecimal.ONE));
      summed.forEach(field -> values.add(EngineEvents.decimal(event, field)));
      groups.merge(
          List.of(event.get(key).toString(), day(event).toEpochDay()).toString(),
          values,
          EngineOracle::plus);
    }
    return new Groups(groups);
  }

  private static List<BigDecimal> plus(List<BigDecimal> left, List<BigDecimal> right) {
    List<BigDecimal> sum = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      sum.add(left.get(i).add(right.get(i)));
    }
    return sum;
  }
}
