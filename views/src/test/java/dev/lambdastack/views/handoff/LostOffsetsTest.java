package dev.lambdastack.views.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LostOffsetsTest {
  /** Gaps and what is between them, in turn. */
  private static LostOffsets of(List<Integer> lengths) {
    LostOffsets lost = LostOffsets.NONE;
    long at = 0;
    for (int i = 0; i < lengths.size(); i++) {
      if (i % 2 == 0) {
        lost = lost.with(0, at, at + lengths.get(i));
      }
      at += lengths.get(i);
    }
    return lost;
  }

  private static Set<Long> offsets(LostOffsets lost) {
    Set<Long> offsets = new TreeSet<>();
    lost.spans()
        .values()
        .forEach(
            spans ->
                spans.forEach(
                    s -> {
                      for (long offset = s.start(); offset < s.end(); offset++) {
                        assertThat(offsets.add(offset)).isTrue();
                      }
                    }));
    assertThat(lost.count()).isEqualTo(offsets.size());
    return offsets;
  }

  @Property
  void isASetOfOffsets(
      @ForAll @Size(max = 8) List<@IntRange(max = 5) Integer> lengths,
      @ForAll @Size(max = 8) List<@IntRange(max = 5) Integer> others,
      @ForAll @IntRange(max = 30) int cut) {
    LostOffsets lost = of(lengths);
    Set<Long> all = offsets(lost);
    Map<Integer, Long> at = Map.of(0, (long) cut);

    Set<Long> before = offsets(lost.before(at));
    Set<Long> from = offsets(lost.from(at));
    assertThat(before).allMatch(offset -> offset < cut);
    assertThat(from).allMatch(offset -> offset >= cut);
    assertThat(offsets(lost.before(at).and(lost.from(at)))).isEqualTo(all);

    Set<Long> left = new TreeSet<>(all);
    left.removeAll(offsets(of(others)));
    assertThat(offsets(lost.without(of(others)))).isEqualTo(left);
    assertThat(LostOffsets.of(lost.count(), lost.spansJson())).isEqualTo(lost);
  }

  @Test
  void aCountWithoutPlacesStaysACount() {
    LostOffsets lost = LostOffsets.of(5, Json.parse("{}").path("lostOffsets"));
    assertThat(lost.count()).isEqualTo(5);
    assertThat(lost.isEmpty()).isFalse();
    assertThat(lost.from(Map.of()).isEmpty()).isTrue();
  }
}
