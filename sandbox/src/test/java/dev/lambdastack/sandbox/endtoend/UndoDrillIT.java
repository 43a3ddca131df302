package dev.lambdastack.sandbox.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.sandbox.UndoDrill;
import dev.lambdastack.sandbox.produce.Shops;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedSandbox.class)
final class UndoDrillIT {
  private static final class Lines implements UndoDrill.Narrator {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void heading(String title) {
      lines.add(title);
    }

    @Override
    public void say(String line) {
      lines.add(line);
    }
  }

  /** Readers see right answers, wrong ones, right ones: never an error, never some of each. */
  @Test
  void aWrongFormulaIsUndoneInOneCommandAndPutRight() throws Exception {
    Lines lines = new Lines();
    UndoDrill.Outcome outcome =
        new UndoDrill(SharedSandbox.sandbox(), lines)
            .run(new Shops(11, Duration.ofMinutes(10), Duration.ofDays(9)).events(600));
    lines.lines.forEach(System.out::println);
    assertThat(outcome.answers()).containsExactly("RIGHT", "WRONG", "RIGHT");
    assertThat(outcome.before()).isEqualTo(outcome.after());
    assertThat(outcome.before().files()).isPositive();
    assertThat(outcome.isAsExpected()).isTrue();
    // Version 3 has the declaration and the horizon of version 1: not a byte may differ.
    assertThat(lines.lines)
        .filteredOn(l -> l.startsWith("drift: 0 of "))
        .singleElement()
        .asString()
        .contains("rows differ from version 1, which has the same horizon");
  }
}
