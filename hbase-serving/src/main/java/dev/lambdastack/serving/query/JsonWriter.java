package dev.lambdastack.serving.query;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.lambdastack.console.Printable;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One JSON object. Times are ISO 8601 text; decimals are numbers with all their digits, which a
 * reader must take as decimals, not as binary floating point, to keep them exact.
 */
final class JsonWriter implements AnswerWriter {
  private static final JsonFactory FACTORY =
      Printable.jsonFactory()
          .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

  @Override
  public void write(Question question, Answer answer, PrintWriter out, PrintWriter err) {
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      json.setPrettyPrinter(
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));

      json.writeStartObject();
      json.writeStringField("view", answer.shape().name());
      json.writeStringField("from", question.from().toString());
      json.writeStringField("to", question.to().toString());
      provenance(json, answer.provenance());

      json.writeNumberField("events", answer.events());
      json.writeNumberField("speed_events", answer.speedEvents());
      if (answer.joined().isPresent()) {
        joined(json, answer.joined().get());
      }

      json.writeArrayFieldStart("rows");
      for (MergedRow row : answer.rows()) {
        row(json, answer.shape(), row);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    out.println();
  }

  private static void joined(JsonGenerator json, Answer.Joined joined) throws IOException {
    json.writeNumberField("unknown_events", joined.unknownEvents());
    json.writeNumberField("events_without_attribute", joined.withoutAttribute());
    json.writeObjectFieldStart("dimensions");
    for (Map.Entry<String, Instant> dimension : joined.dimensions().entrySet()) {
      json.writeStringField(dimension.getKey(), dimension.getValue().toString());
    }
    json.writeEndObject();
  }

  private static void provenance(JsonGenerator json, Provenance from) throws IOException {
    json.writeBooleanField("complete", from.complete());
    json.writeStringField("incomplete_because", from.incompleteBecause().orElse(null));
    json.writeStringField("freshness", from.freshness().toString());
    json.writeStringField("read_at", from.readAt().toString());
    json.writeNumberField("horizon_epoch", from.horizonEpoch());
    json.writeStringField("horizon", from.horizon().toString());

    json.writeFieldName("version");
    Optional<Version> version = from.version();
    if (version.isPresent()) {
      json.writeStartObject();
      json.writeNumberField("number", version.get().number());
      json.writeStringField("table", version.get().table());
      json.writeStringField("created", version.get().created().toString());
      if (!version.get().lost().isEmpty()) {
        json.writeNumberField("lost_offsets", version.get().lost().count());
      }
      if (version.get().setAside() > 0) {
        json.writeNumberField("set_aside", version.get().setAside());
      }
      json.writeEndObject();
    } else {
      json.writeNull();
    }

    json.writeFieldName("generation");
    Optional<Generation> generation = from.generation();
    if (generation.isPresent()) {
      json.writeStartObject();
      json.writeNumberField("number", generation.get().number());
      json.writeStringField("table", generation.get().table());
      json.writeNumberField("coverage_epoch", generation.get().coverage());
      json.writeEndObject();
    } else {
      json.writeNull();
    }
  }

  private static void row(JsonGenerator json, ViewShape shape, MergedRow row) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("key");
    for (int i = 0; i < row.key().size(); i++) {
      json.writeFieldName(shape.keyColumns().get(i).name());
      value(json, row.key().get(i));
    }
    json.writeEndObject();

    json.writeStringField("window_start", row.start().toString());
    json.writeStringField("window_end", row.end().toString());

    json.writeObjectFieldStart("values");
    for (var metric : row.values().entrySet()) {
      json.writeFieldName(metric.getKey());
      value(json, metric.getValue());
    }
    json.writeEndObject();

    json.writeNumberField("events", row.events());
    json.writeNumberField("speed_events", row.speedEvents());
    json.writeEndObject();
  }

  private static void value(JsonGenerator json, Object value) throws IOException {
    if (value == null) {
      json.writeNull();
    } else if (value instanceof BigDecimal decimal) {
      json.writeNumber(decimal);
    } else if (value instanceof Long number) {
      json.writeNumber(number);
    } else if (value instanceof Double number) {
      json.writeNumber(number);
    } else if (value instanceof Boolean bool) {
      json.writeBoolean(bool);
    } else {
      json.writeString(value.toString());
    }
  }
}
