package dev.lambdastack.speed.launch;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.concurrent.FutureUtils;

/**
 * A Flink session cluster that jobs are submitted to.
 *
 * @param host of its REST endpoint
 * @param port of its REST endpoint
 */
public record FlinkCluster(String host, int port) {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /**
   * Reads {@code <host>:<port>}.
   *
   * @throws InvalidInputException when it is something else
   */
  public static FlinkCluster parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0 && text.substring(colon + 1).matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (port > 0 && port < 65_536) {
        return new FlinkCluster(text.substring(0, colon), port);
      }
    }
    throw new InvalidInputException(
        "Cannot use '%s' as a Flink cluster: expected <host>:<port> of its REST endpoint, such as jobmanager:8081"
            .formatted(text));
  }

  /**
   * An environment that submits there, with our jars and those beside them.
   *
   * @throws LambdaException when no Flink answers there
   */
  public StreamExecutionEnvironment environment() {
    check();
    List<Path> jars = ClassPathJars.forFlink(System.getProperty("java.class.path"));
    return StreamExecutionEnvironment.createRemoteEnvironment(
        host, port, jars.stream().map(Path::toString).toArray(String[]::new));
  }

  /** What to tell of a failure: where a session cluster does not answer any more, that. */
  public static Exception told(Exception e) {
    return ExceptionUtils.findThrowable(e, FutureUtils.RetryException.class)
        .<Exception>map(
            gaveUp ->
                new UnavailableException(
                    "Flink does not answer any more: %s; look whether the job runs once Flink is back (flink list), and start it again where it does not"
                        .formatted(LambdaException.rootMessage(gaveUp)),
                    e))
        .orElse(e);
  }

  /**
   * Asks it.
   *
   * @throws UnavailableException when nobody answers there
   * @throws InvalidInputException when what answers there is no Flink
   */
  public void check() {
    String problem;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(String.format(Locale.ROOT, "http://%s:%d/overview", host, port)))
              .timeout(TIMEOUT)
              .build();

      HttpResponse<String> answer =
          HttpClient.newBuilder()
              .connectTimeout(TIMEOUT)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString());

      if (answer.statusCode() == 200 && answer.body().contains("flink-version")) {
        return;
      }

      throw new InvalidInputException(
          unreachable(
              String.format(
                  Locale.ROOT,
                  "what answers there is no Flink (HTTP status %d)",
                  answer.statusCode())));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(unreachable(e.getMessage()));
    } catch (ConnectException e) {
      problem = "no server answers there";
    } catch (IOException e) {
      problem = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      problem = "interrupted";
    }
    throw new UnavailableException(unreachable(problem));
  }

  private String unreachable(String why) {
    return String.format(
        Locale.ROOT,
        "Cannot reach Flink at %s:%d: %s; check --cluster and that the session cluster runs",
        host,
        port,
        why);
  }
}
