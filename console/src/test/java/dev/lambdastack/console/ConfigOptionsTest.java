package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.settings.LambdaConfig;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class ConfigOptionsTest {
  @Command
  private static final class WithOptions {
    @Mixin private ConfigOptions options;
  }

  @Test
  void optionsWinOverTheConfiguration() {
    Configuration base = new Configuration(false);
    base.set("lambda.epoch", "1m");
    base.set("lambda.regions", "2");
    WithOptions command = new WithOptions();
    new CommandLine(command).parseArgs("-D", "lambda.epoch=3m", "-Dlambda.master=hdfs://h:1/a=b");
    LambdaConfig config = command.options.load(base);
    assertThat(config.epoch()).isEqualTo(Duration.ofMinutes(3));
    assertThat(config.regions()).isEqualTo(2);
    assertThat(config.master()).isEqualTo("hdfs://h:1/a=b");
    assertThat(base.get("lambda.epoch")).isEqualTo("1m");
  }
}
