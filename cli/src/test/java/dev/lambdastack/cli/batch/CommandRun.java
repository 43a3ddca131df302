package dev.lambdastack.cli.batch;

import dev.lambdastack.console.CommandRunner;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine;

/** What a verb did, as the top-level command runs it. */
public record CommandRun(int code, String out, String err) {
  /** Runs a verb by these settings. */
  public static CommandRun of(Configuration conf, Callable<Integer> verb, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    Configuration plain = new Configuration();
    conf.forEach(
        e -> {
          if (!e.getValue().equals(plain.getRaw(e.getKey())) && !e.getValue().contains("${")) {
            all.add("-D");
            all.add(e.getKey() + "=" + e.getValue());
          }
        });
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        CommandRunner.run(
            new CommandLine(verb)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true)),
            all.toArray(String[]::new));
    return new CommandRun(code, out.toString(), err.toString());
  }
}
