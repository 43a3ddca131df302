package dev.lambdastack.speed.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailuresTest {
  @Test
  void theRootOfATraceIsTheLastCauseWithoutItsPackage() {
    assertThat(
            Failures.root(
                """
                org.apache.flink.runtime.JobException: Recovery is on
                \tat org.apache.flink.Job.run(Job.java:1)
                Caused by: java.io.IOException: Cannot write speed cells
                \tat dev.lambdastack.speed.sink.InFlight.check(InFlight.java:80)
                Caused by: java.lang.IllegalArgumentException: KeyValue size too large: a.b
                \t... 3 more
                """))
        .isEqualTo("IllegalArgumentException: KeyValue size too large: a.b");
    assertThat(Failures.root("java.lang.StackOverflowError\n\tat a.B.c(B.java:1)"))
        .isEqualTo("StackOverflowError");
    assertThat(Failures.root("")).isEmpty();
  }
}
