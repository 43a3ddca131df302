package dev.lambdastack.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class WrongAnswerTest {
  private final StringWriter said = new StringWriter();
  private final Figures figures = new Figures(new PrintWriter(said));

  private int judge(long found) throws Exception {
    return Bench.judge(
        figures,
        () -> {
          WrongAnswerException.check(
              "Ours", new Readings.Expected(3, found, 9), new Readings.Expected(3, 7, 9));
          return 0;
        });
  }

  @Test
  void oneThatDiffersIsOneLineAndExitCodeOne() throws Exception {
    assertThat(judge(8)).isOne();
    assertThat(said.toString().lines())
        .containsExactly(
            "Wrong: Ours has Expected[rows=3, events=8, amount=9], where it should have Expected[rows=3, events=7, amount=9]");
  }

  @Test
  void theRightOneSaysNothing() throws Exception {
    assertThat(judge(7)).isZero();
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void anotherFaultIsNoAnswer() {
    assertThatThrownBy(
            () ->
                Bench.judge(
                    figures,
                    () -> {
                      throw new IOException("a peer has died");
                    }))
        .isInstanceOf(IOException.class);
    assertThat(said.toString()).isEmpty();
  }
}
