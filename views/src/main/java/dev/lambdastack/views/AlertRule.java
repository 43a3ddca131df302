package dev.lambdastack.views;

import java.util.List;
import java.util.Locale;

/**
 * A rule that raises alerts: pure logic over the events of a key, declared once. Immutable.
 *
 * <pre>{@code
 * AlertRule.named("reading_outside_band").over(SENSOR_READINGS)
 *     .keyedBy("device")
 *     .reads("temperature")
 *     .raisedBy(1, new OutsideBand(-2000, 4000));
 * }</pre>
 *
 * <p>The key is the column that the topic is partitioned by, and nothing else: only then all events
 * of a key stand in one partition, whose order everybody sees alike, again and again. Between keys
 * there is no order.
 */
public final class AlertRule {
  private final String name;
  private final EventType eventType;
  private final List<String> columns;
  private final int version;
  private final AlertLogic<?> logic;

  private AlertRule(
      String name, EventType eventType, List<String> columns, int version, AlertLogic<?> logic) {
    this.name = name;
    this.eventType = eventType;
    this.columns = columns;
    this.version = version;
    this.logic = logic;
  }

  /**
   * Starts a declaration; the name is 1 to 64 lower-case letters, digits and underscores, starting
   * with a letter.
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  public String name() {
    return name;
  }

  public EventType eventType() {
    return eventType;
  }

  /** The columns that the logic reads, in order. */
  public List<String> columns() {
    return columns;
  }

  public AlertLogic<?> logic() {
    return logic;
  }

  /** What must be equal for a rule to go on with what it remembers. */
  public String declaration() {
    return String.format(
        Locale.ROOT,
        "%s/%d over %s reads %s by %s",
        name,
        version,
        eventType.topic(),
        columns,
        logic.getClass().getName());
  }

  @Override
  public String toString() {
    return declaration();
  }

  /** Collects a declaration. */
  public static final class Builder {
    private final String name;
    private EventType eventType;
    private String key;
    private List<String> columns = List.of();

    private Builder(String name) {
      if (!name.matches("[a-z][a-z0-9_]{0,63}")) {
        throw new InvalidInputException(
            "Cannot name a rule '%s': expected 1-64 lower-case letters, digits and underscores, a letter first"
                .formatted(name));
      }
      this.name = name;
    }

    public Builder over(EventType type) {
      this.eventType = type;
      return this;
    }

    /** The key column, which must be the event type's partition key. */
    public Builder keyedBy(String column) {
      this.key = column;
      return this;
    }

    /** The columns that the logic reads, in the order in which its rows have them. */
    public Builder reads(String... names) {
      this.columns = List.of(names);
      return this;
    }

    /**
     * The rule.
     *
     * @param version the author's number for the logic, to be raised with each change of its
     *     meaning or of what it remembers: the rule then begins anew
     * @throws InvalidInputException when a part is missing or does not fit
     */
    public AlertRule raisedBy(int version, AlertLogic<?> logic) {
      if (eventType == null || key == null) {
        throw new InvalidInputException(
            "Cannot build rule %s: no %s"
                .formatted(
                    name,
                    eventType == null ? "event type: call over(...)" : "key: call keyedBy(...)"));
      }

      if (!key.equals(eventType.partitionKey())) {
        throw new InvalidInputException(
            "Cannot key rule %s by '%s': topic %s is partitioned by '%s', and only events of one partition have an order (expected keyedBy(\"%s\"))"
                .formatted(
                    name,
                    key,
                    eventType.topic(),
                    eventType.partitionKey(),
                    eventType.partitionKey()));
      }

      Column column = eventType.column(key);
      if (column.nullable() || column.type() == ColumnType.DOUBLE) {
        throw new InvalidInputException(
            "Cannot key rule %s by '%s': expected a column that is never null and not floating point, found %s%s"
                .formatted(name, key, column.nullable() ? "nullable " : "", column.type()));
      }

      columns.forEach(eventType::column);
      return new AlertRule(name, eventType, columns, version, logic);
    }
  }
}
