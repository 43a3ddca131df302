package dev.lambdastack.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.Condition;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.Metric;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.time.Duration;
import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class ExplanationTest {
  @Test
  void aViewOfTheGuideInWords() {
    View view = Views.load(getClass().getClassLoader()).find("daily_sales");
    assertThat(String.join("\n", Explanation.of(view)))
        .isEqualTo(
            """
            daily_sales
              reads        topic orders (dev.lambdastack.events.retail.Order)
                           its columns product_category, action, amount, customer_id; event_time says when an event happened
              takes        events whose action is "purchase"
              groups by    product_category and windows of 1 day of event_time, UTC
              keeps        order_count       the number of events
                           total_revenue     the exact sum of amount
                           avg_order_value   the average of amount, rounded to 2 digits (HALF_UP)
                           unique_customers  how many different customer_id: exact while few, then within 1.63 %% (standard error)
              expects      total_revenue >= 0
              fingerprint  %s\
            """
                .formatted(view.fingerprint()));
  }

  @Test
  void everyConditionAndADerivedColumn() {
    EventType type =
        EventType.of(
            "readings",
            SchemaBuilder.record("Reading")
                .fields()
                .requiredString("device")
                .requiredLong("level")
                .optionalString("note")
                .optionalString("alarm")
                .name("time")
                .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
                .noDefault()
                .endRecord(),
            "time",
            "device");
    View view =
        View.named("levels")
            .over(type)
            .window(Duration.ofSeconds(90))
            .where("device", Condition.in("a, b", "c"))
            .where("level", Condition.atLeast(3))
            .where("note", Condition.isNull())
            .where("alarm", Condition.isNotNull())
            .derived(
                new Column("twice", ColumnType.LONG, 0, false),
                4,
                List.of("level"),
                row -> 2 * row.longAt(0))
            .metric("least", Metric.min("twice"))
            .metric("greatest", Metric.max("level"))
            .metric("last", Metric.latest("level"))
            .metric("mean", Metric.avg("level"))
            .expect(Rule.nullShare("alarm").atMost(0.25))
            .expect(Rule.metric("least").atLeast(0))
            .build();
    assertThat(String.join("\n", Explanation.of(view)))
        .contains(
            "derives      twice (LONG) from level, by version 4 of its formula",
            "takes        events whose device is one of \"a, b\", \"c\"",
            "events whose level is at least 3",
            "events whose note is missing",
            "events whose alarm is there",
            "windows of 90 seconds of time, UTC; there is no key",
            "least     the least twice",
            "greatest  the greatest level",
            "last      the level of the latest event",
            "mean      the average of level",
            "expects      nullShare(alarm) <= 0.25",
            "least >= 0");
  }
}
