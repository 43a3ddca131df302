package dev.lambdastack.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class LookupTest {
  private static final EventType PRODUCTS = dimension("products", "whole");

  private static EventType dimension(String topic, String id) {
    return EventType.of(topic, TestTypes.SCHEMA, "at", id);
  }

  private static View.Builder view(String... keys) {
    return View.named("v")
        .over(TestTypes.EVERYTHING)
        .keyedBy(keys)
        .window(Duration.ofDays(1))
        .metric("n", Metric.count());
  }

  private static void assertRefused(ThrowingCallable declaration, String message) {
    assertThatThrownBy(declaration).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }

  @Test
  void rowsAreKeptByTheIdAndAnsweredByTheAttribute() {
    View view = view("text", "whole").lookup("whole", PRODUCTS, "other").build();
    assertThat(view.columns()).as("both layers read the id alone").containsExactly("text", "whole");
    assertThat(view.shape().keyColumns()).extracting(Column::name).containsExactly("text", "whole");
    assertThat(view.shape().answered().keyColumns())
        .containsExactly(
            new Column("text", ColumnType.STRING, 0, false),
            new Column("other", ColumnType.STRING, 0, false));
    assertThat(view.shape().answered().lookups()).isEmpty();
    assertThat(view.dimensions()).containsExactly(PRODUCTS);
  }

  @Test
  void theShapeOfAPublishedRowHasTheLookups() {
    View view = view("whole").lookup("whole", PRODUCTS, "text_null").build();
    assertThat(ViewShape.fromJson(view.shape().toJson())).isEqualTo(view.shape());
    assertThat(view("whole").build().shape().toJson().has("lookups"))
        .as("a view without any keeps its fingerprint")
        .isFalse();
    assertThat(view.fingerprint())
        .isNotEqualTo(view("whole").build().fingerprint())
        .isNotEqualTo(view("whole").lookup("whole", PRODUCTS, "other").build().fingerprint());
  }

  @Test
  void whatCannotBeLookedUpIsRefused() {
    assertRefused(
        () -> view("text").lookup("whole", PRODUCTS, "other").build(),
        "View v looks up 'whole', which is no key column of it: add it to keyedBy(...)");
    assertRefused(
        () -> view("text").lookup("text", PRODUCTS, "other").build(),
        "View v cannot look up 'text' in products: expected an id 'whole' of type STRING that is never null, found LONG");
    assertRefused(
        () -> view("whole").lookup("whole", dimension("d", "whole_null"), "other").build(),
        "View v cannot look up 'whole' in d: expected an id 'whole_null' of type LONG that is never null, found nullable LONG");
    assertRefused(
        () -> view("whole").lookup("whole", PRODUCTS, "money").build(),
        "View v cannot show 'whole' by attribute 'money' of products: expected a text, found DECIMAL");
    assertRefused(
        () -> view("other", "whole").lookup("whole", PRODUCTS, "other").build(),
        "View v shows two columns named 'other': look up another attribute or rename the metric");
    assertRefused(
        () ->
            view("whole")
                .lookup("whole", PRODUCTS, "other")
                .metric("other", Metric.count())
                .build(),
        "View v shows two columns named 'other': look up another attribute or rename the metric");
    assertRefused(
        () -> view("whole").lookup("whole", PRODUCTS, "other").lookup("whole", PRODUCTS, "text"),
        "View v looks up 'whole' twice: declare a view for each attribute");
  }

  @Test
  void aTopicHoldsEventsOrADimensionOfOneType() {
    View view = view("whole").lookup("whole", PRODUCTS, "other").build();
    assertThat(Views.of(List.of(view)).dimension("products")).isEqualTo(PRODUCTS);
    assertRefused(
        () -> Views.of(List.of(view)).dimension("customers"),
        "No view looks anything up in topic 'customers'; the dimensions are products");
    View events =
        View.named("w")
            .over(PRODUCTS)
            .window(Duration.ofDays(1))
            .metric("n", Metric.count())
            .build();
    assertRefused(
        () -> Views.of(List.of(view, events)),
        "View v uses topic products as a dimension, and view w counts its events: a topic is one or the other");
    View other =
        View.named("w")
            .over(TestTypes.EVERYTHING)
            .keyedBy("text")
            .lookup("text", dimension("products", "text"), "other")
            .window(Duration.ofDays(1))
            .metric("n", Metric.count())
            .build();
    assertRefused(
        () -> Views.of(List.of(view, other)),
        "Views v and w declare dimension products with different schemas or columns: a topic has one event type");
  }

  @Test
  void anIdIsTheTextOfItsKafkaKey() {
    assertId("", ColumnType.STRING, 0, "");
    assertId("Łódź 7", ColumnType.STRING, 0, "Łódź 7");
    assertId(-42L, ColumnType.LONG, 0, "-42");
    assertId(new BigDecimal("1000000.00"), ColumnType.DECIMAL, 2, "1000000.00");
    assertId(Instant.ofEpochMilli(-1), ColumnType.TIMESTAMP, 0, "-1");
    assertId(true, ColumnType.BOOLEAN, 0, "true");
  }

  private static void assertId(Object part, ColumnType type, int scale, String id) {
    assertThat(Lookup.id(part)).isEqualTo(id);
    assertThat(Lookup.part(new Column("c", type, scale, false), id)).isEqualTo(part);
  }

  @Test
  void aSchemaWithoutTheAttributeIsRefusedByName() {
    assertThatThrownBy(() -> view("whole").lookup("whole", PRODUCTS, "brand").build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("No column 'brand' in schema test.Everything of topic products");
  }
}
