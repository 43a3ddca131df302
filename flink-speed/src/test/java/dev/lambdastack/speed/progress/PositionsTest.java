package dev.lambdastack.speed.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.speed.message.Position;
import dev.lambdastack.views.handoff.Progress;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PositionsTest {
  private static final Map<Integer, Position> POSITIONS =
      Map.of(0, new Position(0, 10, 500), 1, new Position(1, 20, 700));

  @Test
  void progressSaysOffsetAndLogTime() {
    assertThat(Positions.progress(POSITIONS))
        .isEqualTo(
            new Progress(
                Map.of(0, new Progress.Applied(10, 500), 1, new Progress.Applied(20, 700))));
  }

  @Test
  void aCheckpointAtWhatWasPublishedIsNotBehindIt() {
    assertThat(Positions.behind(POSITIONS, Positions.progress(POSITIONS), "generation 1"))
        .isEmpty();
    assertThat(Positions.behind(POSITIONS, Progress.NONE, "generation 1")).isEmpty();
  }

  @Test
  void aCheckpointBehindWhatWasPublishedSaysWhere() {
    Progress published = new Progress(Map.of(1, new Progress.Applied(21, 700)));
    assertThat(Positions.behind(POSITIONS, published, "generation 1 of view v"))
        .contains(
            "Cannot go on from this checkpoint: it lies behind what generation 1 of view v has published (partition 1: checkpoint at offset 20, published 21); give the newest checkpoint, or start with --fresh");
  }

  @Test
  void partitionsBeforeAnOffsetAreThoseThatHaveNotReachedIt() {
    assertThat(Positions.before(POSITIONS, Map.of(0, 10L, 1, 21L, 2, 0L))).containsExactly(1, 2);
  }

  @Test
  void quietPartitionsHaveNoRecordAtTheDueTime() {
    assertThat(Positions.quiet(POSITIONS, 500)).isEmpty();
    assertThat(Positions.quiet(POSITIONS, 501)).containsExactly(0);
  }
}
