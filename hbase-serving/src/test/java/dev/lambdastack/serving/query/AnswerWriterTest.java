package dev.lambdastack.serving.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.console.Format;
import dev.lambdastack.serving.merge.LayerRow;
import dev.lambdastack.serving.merge.MergedRow;
import dev.lambdastack.serving.merge.RowMerge;
import dev.lambdastack.serving.read.Answer;
import dev.lambdastack.serving.read.Provenance;
import dev.lambdastack.serving.testing.Aggregates;
import dev.lambdastack.serving.testing.Sale;
import dev.lambdastack.serving.testing.Sales;
import dev.lambdastack.views.View;
import dev.lambdastack.views.handoff.Generation;
import dev.lambdastack.views.handoff.Horizon;
import dev.lambdastack.views.handoff.LostOffsets;
import dev.lambdastack.views.handoff.Version;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnswerWriterTest {
  private static final View VIEW = Sales.view("sales", "shop");
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final Question QUESTION = new Question(NOON, NOON.plusSeconds(7200));
  private static final Version VERSION = version(0, 0);

  private static Version version(long lost, long setAside) {
    return new Version(
        4,
        "lambda:sales.v4",
        VIEW.fingerprint(),
        VIEW.shape(),
        new Horizon(Sales.FIRST_EPOCH, Map.of(0, 10L)),
        Sales.EPOCH,
        1,
        "digest",
        new Version.Counts(
            1, 1, lost == 0 ? LostOffsets.NONE : LostOffsets.NONE.with(0, 0, lost), 0, setAside),
        NOON,
        Optional.empty());
  }

  private static final Generation GENERATION =
      new Generation(
          2,
          "lambda:sales.speed.g2",
          VIEW.fingerprint(),
          VIEW.shape(),
          "life",
          0,
          0,
          Map.of(0, 0L),
          Sales.EPOCH,
          Duration.ofDays(7),
          NOON);

  private static Sale sale(String shop, String amount, int offset) {
    return new Sale(
        shop, offset, false, amount == null ? null : new BigDecimal(amount), NOON, 0, offset, 0);
  }

  private static Iterator<LayerRow> rows(List<Sale> sales) {
    List<LayerRow> rows = new ArrayList<>();
    Aggregates.of(VIEW, sales).forEach((key, value) -> rows.add(new LayerRow(key, value)));
    return rows.iterator();
  }

  private static Answer answer(List<Sale> batch, List<Sale> speed, Optional<String> incomplete) {
    return answer(VERSION, batch, speed, incomplete);
  }

  private static Answer answer(
      Version version, List<Sale> batch, List<Sale> speed, Optional<String> incomplete) {
    List<MergedRow> rows = new ArrayList<>();
    new RowMerge(rows(batch), rows(speed)).forEachRemaining(m -> rows.add(m.row(VIEW.shape())));
    rows.sort((a, b) -> a.key().toString().compareTo(b.key().toString()));
    Instant horizon = VERSION.horizon().instant(Sales.EPOCH);
    return new Answer(
        VIEW.shape(),
        rows,
        new Provenance(
            "sales",
            Optional.of(version),
            Optional.of(GENERATION),
            VERSION.horizon().epoch(),
            horizon,
            NOON.minusMillis(1500),
            incomplete,
            NOON),
        Optional.empty());
  }

  private static final Answer ANSWER =
      answer(
          List.of(sale("Oslo", "1234567890.10", 1), sale("Oslo", "0.90", 2)),
          List.of(sale("Oslo", "1.00", 3), sale("Zürich,\"old\"", null, 4)),
          Optional.empty());

  private record Written(String out, String err) {}

  private static Written write(Format format, Answer answer) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    PrintWriter outWriter = new PrintWriter(out);
    PrintWriter errWriter = new PrintWriter(err);
    AnswerWriter.of(format).write(QUESTION, answer, outWriter, errWriter);
    outWriter.flush();
    errWriter.flush();
    return new Written(out.toString(), err.toString());
  }

  @Test
  void aTableIsAlignedWithNumbersToTheRightAndSaysWhereTheyComeFrom() {
    assertThat(write(Format.TABLE, ANSWER).out().replace(System.lineSeparator(), "\n"))
        .isEqualTo(
            """
            window_start          shop          sales          total        average  least       greatest  clerks  last  from_speed
            --------------------  ------------  -----  -------------  -------------  -----  -------------  ------  ----  ----------
            2026-01-01T12:00:00Z  Oslo              3  1234567892.00  411522630.667   0.90  1234567890.10       3  1.00      33.3 %
            2026-01-01T12:00:00Z  Zürich,"old"      1              -              -      -              -       1     -     100.0 %

            2 rows, 4 events: batch version 4 up to 2026-01-01T00:00:00Z (epoch 29453760); speed generation 2 from there on, 50.0 % of the events
            Whole up to 2026-01-01T11:59:58.500Z, 1.5 s ago.
            """);
  }

  @Test
  void aTableWithoutRowsIsASentence() {
    Answer none = answer(List.of(), List.of(), Optional.of("the reason"));
    assertThat(write(Format.TABLE, none).out())
        .startsWith(
            "No events in windows that start in [2026-01-01T12:00:00Z, 2026-01-01T14:00:00Z)")
        .contains("INCOMPLETE: the reason");
  }

  @Test
  void whatTheViewCannotTakeIsSaid() {
    Answer answer =
        answer(version(0, 3), List.of(sale("Oslo", "1.00", 1)), List.of(), Optional.empty());
    String setAside =
        "SET ASIDE: 3 events that this view cannot take, as batch version 4 has found";

    assertThat(write(Format.TABLE, answer).out().lines()).contains(setAside);
    assertThat(write(Format.CSV, answer).err().strip()).isEqualTo(setAside);
    assertThat(write(Format.JSON, answer).out()).contains("\"set_aside\" : 3");
    assertThat(write(Format.TABLE, ANSWER).out()).doesNotContain("SET ASIDE");
  }

  @Test
  void whatIsKnownToBeLostIsSaid() {
    Answer answer =
        answer(version(5, 0), List.of(sale("Oslo", "1.00", 1)), List.of(), Optional.empty());
    String lost = "KNOWN LOST: 5 offsets, removed by retention before they were archived";
    assertThat(write(Format.TABLE, answer).out().lines()).contains(lost);
    assertThat(write(Format.CSV, answer).err().strip()).isEqualTo(lost);
    assertThat(write(Format.JSON, answer).out()).contains("\"lost_offsets\" : 5");
    assertThat(write(Format.TABLE, ANSWER).out()).doesNotContain("LOST");
  }

  @Test
  void idsThatAreUnknownAreToldFromThoseWithoutAnAttribute() {
    Answer joined =
        new Answer(
            ANSWER.shape(),
            ANSWER.rows(),
            ANSWER.provenance(),
            Optional.of(new Answer.Joined(Map.of("clerks", NOON), 2, 1)));
    assertThat(write(Format.TABLE, joined).out().lines())
        .contains(
            "2 events under 'unknown': the dimension does not have their ids.",
            "1 event under 'unknown': the dimension has its id, without the attribute.");
    assertThat(write(Format.JSON, joined).out())
        .contains("\"unknown_events\" : 3", "\"events_without_attribute\" : 1");
  }

  @Test
  void csvIsQuotedWhereItMustBe() {
    assertThat(write(Format.CSV, ANSWER))
        .isEqualTo(
            new Written(
                """
                shop,window_start,window_end,sales,total,average,least,greatest,clerks,last,events,speed_events\r
                Oslo,2026-01-01T12:00:00Z,2026-01-01T13:00:00Z,3,1234567892.00,411522630.667,0.90,1234567890.10,3,1.00,3,1\r
                "Zürich,""old""\",2026-01-01T12:00:00Z,2026-01-01T13:00:00Z,1,,,,,1,,1,1\r
                """,
                ""));
  }

  @Test
  void csvTellsAnEmptyTextFromNoneAndWhatIsMissingOnStderr() {
    Written written =
        write(
            Format.CSV, answer(List.of(sale("", "1.00", 1)), List.of(), Optional.of("the reason")));
    assertThat(written.out().lines().skip(1)).singleElement().asString().startsWith("\"\",");
    assertThat(written.err().strip()).isEqualTo("INCOMPLETE: the reason");
  }

  @Test
  void jsonIsOneObjectWithEveryDigit() throws Exception {
    Written written = write(Format.JSON, ANSWER);
    JsonNode json =
        new ObjectMapper()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(written.out());
    assertThat(json.get("view").asText()).isEqualTo("sales");
    assertThat(json.get("from").asText()).isEqualTo("2026-01-01T12:00:00Z");
    assertThat(json.get("complete").asBoolean()).isTrue();
    assertThat(json.get("incomplete_because").isNull()).isTrue();
    assertThat(json.get("freshness").asText()).isEqualTo("2026-01-01T11:59:58.500Z");
    assertThat(json.get("horizon_epoch").asLong()).isEqualTo(Sales.FIRST_EPOCH);
    assertThat(json.at("/version/number").asLong()).isEqualTo(4);
    assertThat(json.at("/generation/number").asLong()).isEqualTo(2);
    assertThat(json.get("events").asLong()).isEqualTo(4);
    assertThat(json.get("speed_events").asLong()).isEqualTo(2);
    assertThat(json.at("/rows/0/key/shop").asText()).isEqualTo("Oslo");
    assertThat(json.at("/rows/0/values/total").decimalValue())
        .isEqualByComparingTo(new BigDecimal("1234567892.00"));
    assertThat(written.out()).contains("\"total\" : 1234567892.00,");
    assertThat(json.at("/rows/1/key/shop").asText()).isEqualTo("Zürich,\"old\"");
    assertThat(json.at("/rows/1/values/total").isNull()).isTrue();
    assertThat(json.at("/rows/1/events").asLong()).isEqualTo(1);
    assertThat(written.err()).isEmpty();
  }

  @Test
  void jsonSaysWhatIsMissingAndWhy() throws Exception {
    JsonNode json =
        new ObjectMapper()
            .readTree(
                write(Format.JSON, answer(List.of(), List.of(), Optional.of("the reason"))).out());
    assertThat(json.get("complete").asBoolean()).isFalse();
    assertThat(json.get("incomplete_because").asText()).isEqualTo("the reason");
    assertThat(json.get("rows")).isEmpty();
  }
}
