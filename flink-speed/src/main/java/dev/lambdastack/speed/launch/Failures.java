package dev.lambdastack.speed.launch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lambdastack.serving.store.Failing;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The failures after which Flink started a job's tasks again, as its REST endpoint lists them: a
 * job that fails for ever runs, as far as its status goes. Not thread-safe.
 */
final class Failures {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final String CAUSE = "Caused by: ";

  private final Optional<URI> endpoint;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final TreeSet<Long> times = new TreeSet<>();
  private String newest = "";
  private int told;

  private Failures(Optional<URI> endpoint) {
    this.endpoint = endpoint;
  }

  /** Those of a job that was submitted to an environment. */
  static Failures of(StreamExecutionEnvironment env, JobID job) {
    Optional<URI> rest =
        env instanceof LocalFlink local
            ? local.rest()
            : env.getConfiguration()
                .getOptional(RestOptions.ADDRESS)
                .map(
                    host ->
                        URI.create(
                            String.format(
                                Locale.ROOT,
                                "http://%s:%d",
                                host,
                                env.getConfiguration().get(RestOptions.PORT))));
    return new Failures(rest.map(uri -> uri.resolve("/jobs/" + job + "/exceptions")));
  }

  /**
   * What to tell a person: at the first failure, and whenever they have doubled; else empty, also
   * where Flink does not answer.
   */
  Optional<String> news() throws InterruptedException {
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }

    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(endpoint.get()).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofString());
      read(answer.body());
    } catch (IOException e) {
      // The job does not depend on what a person can see of it.
      return Optional.empty();
    }

    if (times.isEmpty() || times.size() < 2 * told) {
      return Optional.empty();
    }

    told = times.size();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "failed %s; it restarts where it left off until the cause is mended: %s",
            told == 1 ? "once" : told + " times",
            newest));
  }

  /** How often, and why the newest came about, as of the last {@link #news}; empty for never. */
  Optional<Failing> soFar() {
    return times.isEmpty()
        ? Optional.empty()
        : Optional.of(new Failing(times.size(), Instant.ofEpochMilli(times.last()), newest));
  }

  private void read(String body) throws IOException {
    long latest = Long.MIN_VALUE;
    for (JsonNode entry : MAPPER.readTree(body).path("exceptionHistory").path("entries")) {
      long time = entry.path("timestamp").asLong();
      times.add(time);
      if (time > latest) {
        latest = time;
        newest = root(entry.path("stacktrace").asText());
      }
    }
  }

  /** What stands at the bottom of a stack trace, in one line without the exception's package. */
  static String root(String trace) {
    String root = "";
    for (String line : trace.lines().toList()) {
      if (root.isEmpty() || line.startsWith(CAUSE)) {
        root = line;
      }
    }
    String message = root.startsWith(CAUSE) ? root.substring(CAUSE.length()) : root;
    return message.replaceFirst("^(?:\\w+\\.)+(?=[\\w$]+(?::|$))", "");
  }
}
