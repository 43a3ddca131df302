package dev.lambdastack.batch.deadletters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.views.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static DeadLetter letter(int partition, long offset) {
    return new DeadLetter(
        1, partition, offset, 0, null, new byte[2], List.of(), "CORRUPT", "cut off");
  }

  private static Intent intent(long sequence, DeadLetter... letters) {
    return new Intent(
        sequence,
        "run-" + sequence,
        "topic-id",
        Instant.EPOCH,
        letters[0].partition(),
        100,
        Intent.lettersOf(List.of(letters)));
  }

  @Test
  void aLetterIsReplayedInDoubtOrNeither() {
    History history =
        new History(
            List.of(
                intent(1, letter(0, 5), letter(1, 5)),
                intent(2, letter(0, 6)),
                intent(3, letter(0, 7))),
            Set.of(1L, 3L),
            Set.of());
    assertThat(history.replayOf(letter(0, 5))).hasValue(1);
    assertThat(history.replayOf(letter(1, 5))).hasValue(1);
    assertThat(history.replayOf(letter(1, 6))).isEmpty();
    assertThat(history.isInDoubt(letter(1, 6))).isFalse();
    assertThat(history.replayOf(letter(0, 6))).isEmpty();
    assertThat(history.isInDoubt(letter(0, 6))).isTrue();
    assertThat(history.open()).extracting(Intent::sequence).containsExactly(2L);
    assertThat(history.next()).isEqualTo(4);
  }

  @Test
  void whatWasUndoneMayBeReplayedAgain() {
    History open = new History(List.of(intent(1, letter(0, 5))), Set.of(), Set.of());
    History undone = open.with(Set.of(), Set.of(1L));
    assertThat(undone.isInDoubt(letter(0, 5))).isFalse();
    assertThat(undone.replayOf(letter(0, 5))).isEmpty();
    assertThat(undone.open()).isEmpty();
    assertThat(open.with(Set.of(1L), Set.of()).replayOf(letter(0, 5))).hasValue(1);
    assertThat(new History(List.of(), Set.of(), Set.of()).next()).isEqualTo(1);
  }

  @Test
  void anIntentIsReadAsItWasWritten() {
    Intent intent = intent(7, letter(2, Long.MAX_VALUE), letter(0, 0), letter(2, 3));
    assertThat(Intent.fromJson(intent.toJson())).isEqualTo(intent);
    assertThat(intent.letters())
        .isEqualTo(new TreeMap<>(Map.of(0, List.of(0L), 2, List.of(Long.MAX_VALUE, 3L))));
    assertThatThrownBy(() -> Intent.fromJson("{}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
    String later =
        new String(intent.toJson(), StandardCharsets.UTF_8).replace("\"layout\":1", "\"layout\":2");
    assertThatThrownBy(() -> Intent.fromJson(later.getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("layout 2 (expected 1)");
  }

  @Test
  void aSelectionNamesReasonAndPlace() {
    Selection corrupt =
        new Selection(Set.of(Rejection.Reason.CORRUPT), OptionalInt.of(2), OptionalLong.empty());
    assertThat(corrupt.has(letter(2, 9))).isTrue();
    assertThat(corrupt.has(letter(1, 9))).isFalse();
    assertThat(
            new Selection(
                    Set.of(Rejection.Reason.NULL_VALUE), OptionalInt.empty(), OptionalLong.empty())
                .has(letter(2, 9)))
        .isFalse();
    assertThat(new Selection(Set.of(), OptionalInt.of(2), OptionalLong.of(8)).has(letter(2, 9)))
        .isFalse();
    assertThat(Selection.ALL.has(letter(2, 9))).isTrue();
    assertThatThrownBy(() -> new Selection(Set.of(), OptionalInt.empty(), OptionalLong.of(8)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("--partition");
  }
}
