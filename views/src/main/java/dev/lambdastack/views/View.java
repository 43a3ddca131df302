package dev.lambdastack.views;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lambdastack.views.aggregate.Aggregate;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A view: a pure function from all events of a type to {@code (key, window) -> aggregate}, declared
 * once and run by both layers. Immutable.
 *
 * <pre>{@code
 * View.named("action_metrics").over(orders)
 *     .keyedBy("action")
 *     .window(Duration.ofMinutes(1))
 *     .metric("event_count", count())
 *     .metric("total_amount", sum("amount"))
 *     .metric("unique_users", distinct("customer_id"))
 *     .build();
 * }</pre>
 */
public final class View {
  /** Salt buckets of a view that declares none. */
  public static final int DEFAULT_SALT_BUCKETS = 16;

  private final EventType eventType;
  private final ViewShape shape;
  private final Map<String, Condition> filter;
  private final Map<String, DerivedColumn> derived;
  private final List<Rule> rules;
  private final List<EventType> dimensions;
  private final String fingerprint;

  private View(Builder b) {
    eventType = b.eventType;
    filter = new LinkedHashMap<>(b.filter);
    derived = new LinkedHashMap<>(b.derived);

    List<Column> keys = new ArrayList<>();
    for (String key : b.keys) {
      Column column = column(key);
      if (column.nullable() || column.type() == ColumnType.DOUBLE) {
        throw new InvalidInputException(
            "Cannot key view %s by column '%s': expected a column that is never null and not floating point, found %s%s"
                .formatted(b.name, key, column.nullable() ? "nullable " : "", column.type()));
      }
      keys.add(column);
    }

    List<ViewShape.NamedMetric> metrics = new ArrayList<>();
    b.metrics.forEach(
        (name, metric) -> {
          Column input = metric.input().map(this::column).orElse(null);
          metric.check(name, input);
          metrics.add(new ViewShape.NamedMetric(name, metric, input));
        });

    List<Lookup> lookups = new ArrayList<>();
    b.lookups.forEach(
        (key, to) -> lookups.add(new Lookup(key, to.dimension().topic(), to.attribute())));

    shape = new ViewShape(b.name, keys, b.window, b.saltBuckets, metrics, lookups);
    dimensions = b.lookups.values().stream().map(Builder.To::dimension).distinct().toList();
    checkLookups(b.lookups);
    filter.forEach((column, condition) -> condition.test(column(column)));
    fingerprint = sha256(declaration());

    rules = List.copyOf(b.rules);
    rules.forEach(rule -> RuleCheck.check(this, rule));
  }

  private void checkLookups(Map<String, Builder.To> lookups) {
    lookups.forEach((key, to) -> checkLookup(key, to.dimension(), to.attribute()));
    Set<String> shown = new HashSet<>();
    for (Column column : shape.answered().keyColumns()) {
      if (!shown.add(column.name())
          || shape.metrics().stream().anyMatch(m -> m.name().equals(column.name()))) {
        throw new InvalidInputException(
            "View %s shows two columns named '%s': look up another attribute or rename the metric"
                .formatted(name(), column.name()));
      }
    }
  }

  private void checkLookup(String key, EventType dimension, String attribute) {
    Column part =
        shape.keyColumns().stream()
            .filter(c -> c.name().equals(key))
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "View %s looks up '%s', which is no key column of it: add it to keyedBy(...)"
                            .formatted(name(), key)));

    Column id = dimension.column(dimension.partitionKey());
    if (id.type() != part.type() || id.scale() != part.scale() || id.nullable()) {
      throw new InvalidInputException(
          "View %s cannot look up '%s' in %s: expected an id '%s' of type %s that is never null, found %s%s"
              .formatted(
                  name(),
                  key,
                  dimension.topic(),
                  id.name(),
                  part.type(),
                  id.nullable() ? "nullable " : "",
                  id.type()));
    }

    if (dimension.column(attribute).type() != ColumnType.STRING) {
      throw new InvalidInputException(
          "View %s cannot show '%s' by attribute '%s' of %s: expected a text, found %s"
              .formatted(
                  name(), key, attribute, dimension.topic(), dimension.column(attribute).type()));
    }
  }

  /**
   * Starts a declaration; the name is 1 to 64 lower-case letters, digits and underscores, starting
   * with a letter.
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  public String name() {
    return shape.name();
  }

  public EventType eventType() {
    return eventType;
  }

  public ViewShape shape() {
    return shape;
  }

  /** The dimensions that its lookups name, without duplicates. */
  public List<EventType> dimensions() {
    return dimensions;
  }

  /**
   * SHA-256 of the declaration, derived columns' code included, in hex: equal fingerprints compute
   * equal cells.
   */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * The columns of the event type that the view reads, without duplicates; the event time is read
   * besides.
   */
  public List<String> columns() {
    Set<String> columns = new LinkedHashSet<>();
    shape.keyColumns().forEach(c -> columns.addAll(inputsOf(c.name())));
    filter.keySet().forEach(c -> columns.addAll(inputsOf(c)));
    shape.metrics().stream()
        .filter(m -> m.input() != null)
        .forEach(m -> columns.addAll(inputsOf(m.input().name())));
    return List.copyOf(columns);
  }

  /** What must hold of a version before it answers, in declared order. */
  public List<Rule> rules() {
    return rules;
  }

  /** {@link #columns()} and those that only rules read: the batch layer looks at both. */
  public List<String> columnsWithRules() {
    Set<String> columns = new LinkedHashSet<>(columns());
    shares().forEach(s -> columns.addAll(inputsOf(s.column())));
    return List.copyOf(columns);
  }

  /** Whether the partition and the offset of an event can change what it computes. */
  public boolean looksAtCoordinates() {
    // A formula may look at where the event stands.
    return !derived.isEmpty()
        || shape.metrics().stream().anyMatch(m -> m.metric().kind().looksAtCoordinates());
  }

  /** The rules that are judged event by event. */
  public List<Rule.Share> shares() {
    return rules.stream().filter(Rule.Share.class::isInstance).map(Rule.Share.class::cast).toList();
  }

  /** The text columns that {@code latest} keeps as they are, derived ones among them. */
  public List<String> keptTexts() {
    return shape.metrics().stream()
        .filter(m -> m.metric().kind().keepsTexts())
        .map(m -> m.input())
        .filter(c -> c.type() == ColumnType.STRING)
        .map(Column::name)
        .toList();
  }

  private List<String> inputsOf(String column) {
    DerivedColumn formula = derived.get(column);
    return formula == null ? List.of(column) : formula.inputs();
  }

  Column column(String name) {
    DerivedColumn formula = derived.get(name);
    return formula == null ? eventType.column(name) : formula.column();
  }

  public Map<String, Condition> filter() {
    return filter;
  }

  public Map<String, DerivedColumn> derived() {
    return derived;
  }

  /**
   * The view over rows whose columns come in this order.
   *
   * @param columns names of columns of the event type; must hold all of {@link #columns()}, may
   *     hold more
   * @return not thread-safe: one for each thread
   */
  public BoundView bind(List<String> columns) {
    return new BoundView(this, columns);
  }

  /** The declaration as one line of JSON, the input of {@link #fingerprint()}. */
  public String declaration() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("topic", eventType.topic());
    json.put("eventTime", eventType.eventTime());
    json.set("shape", shape.toJson());

    if (!keptTexts().isEmpty()) {
      // What leaves an event out is part of what a view computes.
      json.put("keptTextBytes", Aggregate.maxTextBytes(keptTexts().size()));
    }

    ArrayNode conditions = json.putArray("where");
    filter.forEach(
        (column, condition) -> {
          ObjectNode node = conditions.addObject();
          node.set("column", ViewShape.columnJson(column(column)));
          node.put("condition", describe(condition));
        });

    ArrayNode formulas = json.putArray("derived");
    for (DerivedColumn formula : derived.values()) {
      ObjectNode node = formulas.addObject();
      node.set("column", ViewShape.columnJson(formula.column()));
      node.put("version", formula.version());
      ArrayNode inputs = node.putArray("inputs");
      formula.inputs().forEach(i -> inputs.add(ViewShape.columnJson(eventType.column(i))));
      node.put("code", formula.codeDigest());
    }

    return json.toString();
  }

  private static String describe(Condition condition) {
    List<String> operands =
        condition.operands().stream()
            .map(
                o ->
                    o instanceof String s
                        ? JsonNodeFactory.instance.textNode(s).toString()
                        : o.toString())
            .toList();
    return condition.operator() + operands.toString();
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return name() + "@" + fingerprint.substring(0, 12);
  }

  /** Collects a declaration. */
  public static final class Builder {
    private final String name;
    private EventType eventType;
    private List<String> keys = List.of();

    /** Whose start and end are times for any event time. */
    private static final Duration MAX_WINDOW = Duration.ofDays(3_652_500);

    private Duration window;
    private int saltBuckets = DEFAULT_SALT_BUCKETS;
    private final Map<String, Condition> filter = new LinkedHashMap<>();
    private final Map<String, DerivedColumn> derived = new LinkedHashMap<>();
    private final Map<String, Metric> metrics = new LinkedHashMap<>();
    private final List<Rule> rules = new ArrayList<>();
    private final Map<String, To> lookups = new LinkedHashMap<>();

    private record To(EventType dimension, String attribute) {}

    private Builder(String name) {
      if (!name.matches("[a-z][a-z0-9_]{0,63}")) {
        throw new InvalidInputException(
            "Cannot name a view '%s': expected 1-64 lower-case letters, digits and underscores, a letter first"
                .formatted(name));
      }
      this.name = name;
    }

    public Builder over(EventType type) {
      EventShape.problem(type.schema())
          .ifPresent(
              problem -> {
                throw new InvalidInputException(
                    "Cannot read topic %s: %s, which Parquet cannot store (schema %s); change it or remove it"
                        .formatted(type.topic(), problem, type.schema().getFullName()));
              });
      this.eventType = type;
      return this;
    }

    /**
     * The key columns, in order, at most {@value RowKey#MAX_COLUMNS}; never null, never floating
     * point. None makes one row for each window.
     */
    public Builder keyedBy(String... columns) {
      this.keys = List.of(columns);
      return this;
    }

    /**
     * Lets answers show a key column, an id, by an attribute of a dimension: {@code
     * lookup("product_id", PRODUCTS, "brand_name")}. Both layers keep rows by the id; the join is
     * made when an answer is read. An id that the dimension does not have is shown as {@value
     * Lookup#UNKNOWN}.
     *
     * @param dimension what the dimension's topic holds; its partition key is the id, its newest
     *     record is the one that counts
     * @param attribute a text column of it
     */
    public Builder lookup(String keyColumn, EventType dimension, String attribute) {
      if (lookups.putIfAbsent(keyColumn, new To(dimension, attribute)) != null) {
        throw new InvalidInputException(
            "View %s looks up '%s' twice: declare a view for each attribute"
                .formatted(name, keyColumn));
      }
      return this;
    }

    /**
     * The window of event time: whole milliseconds, up to 10,000 years; aligned to
     * 1970-01-01T00:00Z.
     */
    public Builder window(Duration length) {
      this.window = length;
      return this;
    }

    /** Keeps only events whose column meets the condition; several calls must all be met. */
    public Builder where(String column, Condition condition) {
      if (filter.putIfAbsent(column, condition) != null) {
        throw new InvalidInputException(
            "View %s has two conditions on column '%s': say it with one".formatted(name, column));
      }
      return this;
    }

    /**
     * Adds a computed column.
     *
     * @param column its name (not one of the event type), type and scale
     * @param version the author's number for the formula, to be raised with each change of its
     *     meaning
     * @param inputs columns of the event type
     */
    public Builder derived(Column column, int version, List<String> inputs, Derivation formula) {
      if (derived.putIfAbsent(column.name(), new DerivedColumn(column, version, inputs, formula))
          != null) {
        throw new InvalidInputException(
            "View %s derives column '%s' twice".formatted(name, column.name()));
      }
      return this;
    }

    public Builder metric(String metricName, Metric metric) {
      if (!metricName.matches("[a-z][a-z0-9_]{0,63}")) {
        throw new InvalidInputException(
            "Cannot name a metric of view %s '%s': expected 1-64 lower-case letters, digits and underscores, a letter first"
                .formatted(name, metricName));
      }
      if (metrics.putIfAbsent(metricName, metric) != null) {
        throw new InvalidInputException(
            "View %s has two metrics named '%s'".formatted(name, metricName));
      }
      return this;
    }

    /** Holds versions that break this rule, before they answer; changes no cell. */
    public Builder expect(Rule rule) {
      if (rules.stream().anyMatch(r -> r.text().equals(rule.text()))) {
        throw new InvalidInputException("View %s expects %s twice".formatted(name, rule.text()));
      }
      rules.add(rule);
      return this;
    }

    /** Over how many salts a view's keys spread, 1 to 256. */
    public Builder saltBuckets(int buckets) {
      this.saltBuckets = buckets;
      return this;
    }

    /**
     * The view.
     *
     * @throws InvalidInputException when a part is missing, names an unknown column or does not fit
     *     its column's type
     */
    public View build() {
      String problem =
          eventType == null
              ? "no event type: call over(...)"
              : window == null
                      || window.compareTo(Duration.ofMillis(1)) < 0
                      || window.compareTo(MAX_WINDOW) > 0
                      || window.toNanosPart() % 1_000_000 != 0
                  ? "expected a window of whole milliseconds, at least one and of 10,000 years at most, found "
                      + window
                  : metrics.isEmpty()
                      ? "no metric: call metric(name, ...)"
                      : saltBuckets < 1 || saltBuckets > 256
                          ? "expected 1 to 256 salt buckets, found " + saltBuckets
                          : new HashSet<>(keys).size() < keys.size()
                              ? "a key column stands twice in " + keys
                              : keys.size() > RowKey.MAX_COLUMNS
                                  ? String.format(
                                      Locale.ROOT,
                                      "expected at most %d key columns, found %d",
                                      RowKey.MAX_COLUMNS,
                                      keys.size())
                                  : null;
      if (problem != null) {
        throw new InvalidInputException("Cannot build view %s: %s".formatted(name, problem));
      }

      for (DerivedColumn formula : derived.values()) {
        if (eventType.columns().containsKey(formula.column().name())) {
          throw new InvalidInputException(
              "View %s derives column '%s', which topic %s has already: choose another name"
                  .formatted(name, formula.column().name(), eventType.topic()));
        }
        formula.inputs().forEach(eventType::column);

        if (!isRead(formula.column().name())) {
          throw new InvalidInputException(
              "View %s derives column '%s', which no key, condition or metric reads: use it or remove it"
                  .formatted(name, formula.column().name()));
        }
      }

      filter.forEach(this::checkSymbols);
      for (String key : keys) {
        if (metrics.containsKey(key)) {
          throw new InvalidInputException(
              "View %s has a metric named '%s' like its key column: choose another name"
                  .formatted(name, key));
        }
      }

      return new View(this);
    }

    /** An enum has no other values: a condition on one would never be met, or always. */
    private void checkSymbols(String column, Condition condition) {
      List<String> symbols = eventType.symbols(column);
      for (Object operand : condition.operands()) {
        if (!symbols.isEmpty() && operand instanceof String && !symbols.contains(operand)) {
          throw new InvalidInputException(
              "View %s compares column '%s' with \"%s\", which it never is: expected one of %s"
                  .formatted(name, column, operand, String.join(", ", symbols)));
        }
      }
    }

    private boolean isRead(String column) {
      return keys.contains(column)
          || filter.containsKey(column)
          || metrics.values().stream().anyMatch(m -> column.equals(m.column()));
    }

    @Override
    public String toString() {
      return name + Arrays.toString(keys.toArray());
    }
  }
}
