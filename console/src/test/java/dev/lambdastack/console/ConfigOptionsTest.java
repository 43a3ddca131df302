package dev.lambdastack.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
    assertThat(config.log().epoch()).isEqualTo(Duration.ofMinutes(3));
    assertThat(config.hbase().regions()).isEqualTo(2);
    assertThat(config.master().folder()).isEqualTo("hdfs://h:1/a=b");
    assertThat(base.get("lambda.epoch")).isEqualTo("1m");
  }

  @Test
  void aFileThatIsNoXmlIsRefusedInOneLine(@TempDir Path folder) throws Exception {
    Path site = Files.writeString(folder.resolve("site.xml"), "<configuration><property>");
    Configuration conf = new Configuration(false);
    conf.addResource(site.toUri().toURL());
    assertThatThrownBy(() -> new ConfigOptions().load(conf))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot read a configuration file on the class path (")
        .hasMessageContaining("site.xml, line 1, column");
  }

  /** The parser quotes what it stumbles over, which may be half of a password. */
  @ParameterizedTest
  @ValueSource(strings = {"Top&S3cret", "Top&S3cret;", "Top<S3cret>x"})
  void aBrokenFileShowsNothingOfWhatItHolds(String value, @TempDir Path folder) throws Exception {
    Path site =
        Files.writeString(
            folder.resolve("site.xml"),
            "<configuration><property><name>a</name><value>%s</value></property></configuration>"
                .formatted(value));
    Configuration conf = new Configuration(false);
    conf.addResource(site.toUri().toURL());
    assertThatThrownBy(() -> new ConfigOptions().load(conf))
        .isInstanceOf(InvalidInputException.class)
        .hasNoCause()
        .hasMessageContaining("site.xml, line 1")
        .hasMessageNotContaining("S3cret");
  }

  @Test
  void aFileThatCannotBeReadIsRefusedInOneLine(@TempDir Path folder) throws Exception {
    Configuration conf = new Configuration(false);
    conf.addResource(folder.resolve("gone.xml").toUri().toURL());
    assertThatThrownBy(() -> new ConfigOptions().load(conf))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("Cannot read a configuration file on the class path: ")
        .hasMessageContaining("gone.xml");
  }
}
