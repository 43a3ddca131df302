package dev.lambdastack.speed.progress;

import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.settings.files.Heartbeat;
import dev.lambdastack.speed.plan.SpeedPlan;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.LostRaceException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the runs of a job goes on, and which of its attempts: two at once would read the log in
 * different orders into the same cells, and each would say of them what only holds of its own. The
 * last one that claimed goes on; any other stops before it writes or says anything more.
 *
 * <p>A claim is an empty file {@code runs/<number>_<run>_<checkpoint>} in the job's folder; the
 * greatest number is the last (about when it was claimed, in milliseconds). Its modification time
 * moves while the job lives, and it goes when the job is ended.
 *
 * <p>An attempt is known by the checkpoint that it was restored from, since all of its tasks know
 * that. One that restores the same checkpoint as the attempt before is not told from it.
 *
 * <p>Thread-safe.
 */
public final class RunClaim {
  /** So long a check is relied on. */
  private static final Duration CHECK_HOLDS = Duration.ofMillis(250);

  private static final Logger LOG = LoggerFactory.getLogger(RunClaim.class);
  private static final String FOLDER = "runs";
  private static final Pattern NAME = Pattern.compile("(\\d{13})_([^_]+)_(-?\\d+)");
  private static final Duration SIGN_INTERVAL = Duration.ofSeconds(1);

  /** Some signs may be late where a machine is busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final long NO_CHECKPOINT = -1;

  private final Path folder;
  private final Configuration conf;
  private final String job;
  private final String run;
  private final long checkpoint;
  private volatile OptionalLong checked = OptionalLong.empty();

  private record Claim(long number, String run, long checkpoint, FileStatus file) {
    String name() {
      return file.getPath().getName();
    }
  }

  /**
   * What was found of jobs, by their folders' URIs.
   *
   * @param alive those that gave a sign of life
   * @param silent what claims the others
   */
  public record Found(Set<String> alive, Map<String, Set<String>> silent) {
    public Found {
      alive = Set.copyOf(alive);
      silent = Map.copyOf(silent);
    }
  }

  /** Of who looks for signs. */
  interface Time {
    Time REAL =
        new Time() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public void pause() throws InterruptedException {
            // Signs are files on a file system, which calls nobody back. Tests have a clock of
            // their own.
            Thread.sleep(50);
          }
        };

    long nanos();

    /** Between two looks. */
    void pause() throws InterruptedException;
  }

  private RunClaim(Path folder, Configuration conf, String job, String run, long checkpoint) {
    this.folder = folder;
    this.conf = conf;
    this.job = job;
    this.run = run;
    this.checkpoint = checkpoint;
  }

  /**
   * Of a run; claims nothing yet.
   *
   * @param jobFolder URI of the job's folder
   * @param job for messages, such as {@code speed job of topic orders}
   * @param run a name that no other run has, without an underscore
   */
  public static RunClaim of(String jobFolder, Configuration conf, String job, String run) {
    return new RunClaim(new Path(jobFolder, FOLDER), conf, job, run, NO_CHECKPOINT);
  }

  /** Of the plan's run; claims nothing yet. */
  public static RunClaim of(SpeedPlan plan) {
    return of(
        plan.folder(),
        plan.settings().toConfiguration(new Configuration()),
        "speed job of topic " + plan.topic(),
        plan.run());
  }

  /** Of the run's attempt that was restored from this checkpoint, if from any. */
  public RunClaim attempt(OptionalLong restoredCheckpoint) {
    return new RunClaim(folder, conf, job, run, restoredCheckpoint.orElse(NO_CHECKPOINT));
  }

  /**
   * Which jobs have a run that lives. Waits some seconds for a sign of life where a run was not
   * ended, but for instance killed.
   *
   * @param jobFolders their URIs
   * @throws LambdaException when their folders cannot be read
   */
  public static Found find(Collection<String> jobFolders, Configuration conf)
      throws InterruptedException {
    return find(jobFolders, conf, Time.REAL);
  }

  static Found find(Collection<String> jobFolders, Configuration conf, Time time)
      throws InterruptedException {
    Map<String, List<Claim>> silent = new TreeMap<>();
    for (String job : jobFolders) {
      silent.put(job, look(job, conf));
    }

    Set<String> alive = new TreeSet<>();
    long begin = time.nanos();
    while (silent.values().stream().anyMatch(claims -> !claims.isEmpty())
        && time.nanos() - begin < PATIENCE.toNanos()) {
      long before = time.nanos();
      // Looks again: a file system tells nobody of a file's new time.
      time.pause();
      for (String job : List.copyOf(silent.keySet())) {
        List<Claim> now = look(job, conf);
        if (hasMoved(silent.put(job, now), now)) {
          silent.remove(job);
          alive.add(job);
        }
      }

      if (time.nanos() - before > SIGN_INTERVAL.toNanos()) {
        // Where we had to wait for the file system or this machine stood still, so had perhaps
        // those that give signs.
        begin = time.nanos();
      }
    }

    Map<String, Set<String>> names = new TreeMap<>();
    silent.forEach(
        (job, claims) ->
            names.put(job, claims.stream().map(Claim::name).collect(Collectors.toSet())));
    return new Found(alive, names);
  }

  private static List<Claim> look(String jobFolder, Configuration conf) {
    try {
      return claims(new Path(jobFolder, FOLDER), conf);
    } catch (IOException e) {
      throw FileSystemFault.of(
          "Cannot see whether a job is running in %s: %s; check lambda.speed.checkpoints"
              .formatted(jobFolder, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
  }

  /** Whether the one that goes on is new or gave a sign. */
  private static boolean hasMoved(List<Claim> before, List<Claim> now) {
    if (now.isEmpty()) {
      return false;
    }
    FileStatus last = now.get(0).file();
    return before.isEmpty()
        || !before.get(0).file().getPath().equals(last.getPath())
        || before.get(0).file().getModificationTime() != last.getModificationTime();
  }

  /** Latest first. */
  private static List<Claim> claims(Path folder, Configuration conf) throws IOException {
    FileStatus[] files;
    try {
      files = folder.getFileSystem(conf).listStatus(folder);
    } catch (FileNotFoundException e) {
      return List.of();
    }
    return Arrays.stream(files)
        .map(RunClaim::parse)
        .flatMap(Optional::stream)
        .sorted(Comparator.comparingLong(Claim::number).thenComparing(Claim::run).reversed())
        .toList();
  }

  private static Optional<Claim> parse(FileStatus file) {
    Matcher name = NAME.matcher(file.getPath().getName());
    return name.matches()
        ? Optional.of(
            new Claim(
                Long.parseLong(name.group(1)), name.group(2), Long.parseLong(name.group(3)), file))
        : Optional.empty();
  }

  private List<Claim> claims() throws IOException {
    return claims(folder, conf);
  }

  /**
   * Claims the job for this run and attempt, and returns when no other one can rely on an earlier
   * check any more: what it still writes, it had read before this returns.
   *
   * @throws LostRaceException when a later run has claimed the job
   * @throws IOException when a later attempt of this run has, or the claim cannot be written
   */
  public void takeOver() throws IOException, InterruptedException {
    check();
    take();
    TimeUnit.NANOSECONDS.sleep(CHECK_HOLDS.toNanos());
  }

  /**
   * Claims the job for this run, unless another one has since it was found silent: of two starts at
   * once the first goes on. The other would read a checkpoint that the first is about to delete.
   *
   * @throws LostRaceException when another one has
   */
  public void takeFrom(Set<String> silent) throws IOException {
    List<Claim> before = claims();
    if (!before.stream().map(Claim::name).allMatch(silent::contains)) {
      throw new LostRaceException(
          "Cannot start the %s: another start came first (its claim is in %s)"
              .formatted(job, folder));
    }
    take(before);
  }

  /** Claims the job for this run and attempt. */
  public void take() throws IOException {
    take(claims());
  }

  private void take(List<Claim> before) throws IOException {
    FileSystem files = folder.getFileSystem(conf);
    long last = before.isEmpty() ? 0 : before.get(0).number();
    long number = Math.max(System.currentTimeMillis(), last + 1);
    String name = String.format(Locale.ROOT, "%013d_%s_%d", number, run, checkpoint);
    files.create(new Path(folder, name), false).close();
    for (Claim old : before) {
      files.delete(old.file().getPath(), false);
    }
  }

  /**
   * Refuses to go on beside a later run, or a later attempt of this one.
   *
   * @throws LostRaceException when another run has claimed the job since, or a person ended it
   * @throws IOException when a later attempt of this run has, or the claims cannot be read
   */
  public void check() throws IOException {
    List<Claim> claims = claims();
    if (claims.isEmpty()) {
      // A local folder may be listed between a claim that comes and the one that goes for it.
      claims = claims();
    }
    if (claims.isEmpty()) {
      throw new LostRaceException(
          "This %s was ended, or its folder was deleted: nothing claims it in %s (run %s); this one stops"
              .formatted(job, folder, run));
    }

    Claim last = claims.get(0);
    if (!last.run().equals(run)) {
      throw new LostRaceException(
          "Another %s has gone on in place of this one (run %s, ours is %s); this one stops"
              .formatted(job, last.run(), run));
    }

    if (last.checkpoint() > checkpoint) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "This %s has gone on from checkpoint %d; what went on from %d stops",
              job,
              last.checkpoint(),
              checkpoint));
    }
  }

  /**
   * {@link #check}, unless that was just done; {@link #takeOver} knows how long ago that may be.
   */
  public void checkNowAndThen() throws IOException {
    long now = System.nanoTime();
    OptionalLong last = checked;
    if (last.isEmpty() || now - last.getAsLong() >= CHECK_HOLDS.toNanos()) {
      check();
      checked = OptionalLong.of(now);
    }
  }

  /** Gives a sign of life each second until it is closed. */
  public AutoCloseable signing() {
    return Heartbeat.start("the " + job, SIGN_INTERVAL, this::sign);
  }

  private void sign() throws IOException {
    for (Claim claim : claims()) {
      if (claim.run().equals(run)) {
        folder.getFileSystem(conf).setTimes(claim.file().getPath(), System.currentTimeMillis(), -1);
      }
    }
  }

  /** The run has ended: a next one need not wait for signs of it. Where this fails it waits. */
  public void release() {
    try {
      FileSystem files = folder.getFileSystem(conf);
      for (Claim claim : claims()) {
        if (claim.run().equals(run)) {
          files.delete(claim.file().getPath(), false);
        }
      }
    } catch (IOException e) {
      LOG.warn("Cannot say in {} that the {} has ended: {}", folder, job, e.getMessage());
    }
  }
}
