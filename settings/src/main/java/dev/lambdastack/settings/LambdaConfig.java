package dev.lambdastack.settings;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.SetAsideLimit;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.StringUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.alias.CredentialProviderFactory;

/**
 * The typed view of a Hadoop {@link Configuration}: defaults from {@code lambda-default.xml}, then
 * {@code lambda-site.xml}, then what the given configuration sets itself ({@code -D}). Immutable as
 * long as nobody changes the configuration underneath.
 *
 * <p>The family {@code lambda.kafka.client.*} may hold secrets. It is part of {@link #kafka()} and
 * never of {@link #hadoop()}, which becomes a job's {@code job.xml} and goes to tasks.
 */
public final class LambdaConfig {
  private static final String PREFIX = "lambda.";
  private static final String DEFAULTS = "lambda-default.xml";
  private static final String SITE = "lambda-site.xml";

  /** What keys begin with that are Kafka's own behind it. */
  private static final String KAFKA_CLIENT = "lambda.kafka.client.";

  /** What the name of a family ends with in {@code lambda-default.xml}. */
  private static final String ANY = "*";

  /** Longer ones overflow what HBase counts in seconds. */
  private static final Duration LONGEST = Duration.ofDays(24_855);

  private final Configuration conf;
  private final Map<String, String> kafkaClient;

  private LambdaConfig(Configuration conf, Map<String, String> kafkaClient) {
    this.conf = conf;
    this.kafkaClient = Map.copyOf(kafkaClient);
  }

  /**
   * The settings, with every {@code lambda.*} key checked against the known ones.
   *
   * @param given may hold {@code lambda.*} keys, which win over both files; not changed
   * @throws InvalidInputException on an unknown key or a value that is not of its type
   */
  public static LambdaConfig of(Configuration given) {
    Configuration defaults = new Configuration(false);
    defaults.addResource(LambdaConfig.class.getClassLoader().getResource(DEFAULTS));
    TreeSet<String> known = new TreeSet<>();
    defaults.forEach(e -> known.add(e.getKey()));
    known.stream().filter(key -> key.endsWith(ANY)).forEach(defaults::unset);

    Configuration conf = new Configuration(given);
    Configuration site = new Configuration(false);
    site.addResource(SITE);
    copyMissing(site, conf);
    copyMissing(defaults, conf);

    Map<String, String> kafkaClient = takeKafkaClient(conf);
    checkKnown(conf, known);
    LambdaConfig config = new LambdaConfig(conf, kafkaClient);
    config.check();
    return config;
  }

  /** Moves the family out of the configuration; the values are those that Hadoop expands. */
  private static Map<String, String> takeKafkaClient(Configuration conf) {
    Map<String, String> taken = new TreeMap<>();
    for (Map.Entry<String, String> entry : conf) {
      String key = entry.getKey();
      if (key.startsWith(KAFKA_CLIENT)) {
        checkCanBeTaken(conf, key);
        taken.put(key.substring(KAFKA_CLIENT.length()), conf.getTrimmed(key));
      }
    }

    taken.keySet().forEach(key -> conf.unset(KAFKA_CLIENT + key));
    return taken;
  }

  /** What another file says is there again as soon as Hadoop reads its files again. */
  private static void checkCanBeTaken(Configuration conf, String key) {
    String[] sources = conf.getPropertySources(key);
    String file = sources == null ? "" : sources[sources.length - 1];
    if (file.endsWith(".xml")) {
      throw new InvalidInputException(
          "Cannot take %s from %s: every job would show it in its job.xml; move it to %s"
              .formatted(key, file, SITE));
    }
  }

  private static void checkKnown(Configuration conf, TreeSet<String> known) {
    for (Map.Entry<String, String> entry : conf) {
      String key = entry.getKey();
      if (key.startsWith(PREFIX) && !key.startsWith(JobKeys.PREFIX) && !known.contains(key)) {
        throw new InvalidInputException(
            "Unknown key '%s' in the configuration; did you mean '%s'? lambda-default.xml lists all keys"
                .formatted(key, nearest(key, known)));
      }
    }
  }

  private static void copyMissing(Configuration from, Configuration to) {
    from.forEach(
        e -> {
          if (to.getRaw(e.getKey()) == null) {
            to.set(e.getKey(), e.getValue());
          }
        });
  }

  private static String nearest(String key, TreeSet<String> known) {
    return known.stream().min(Comparator.comparingInt(k -> distance(k, key))).orElseThrow();
  }

  /** Of a family what stands for any key counts nothing. */
  private static int distance(String known, String key) {
    if (!known.endsWith(ANY)) {
      return StringUtils.getLevenshteinDistance(known, key);
    }
    String prefix = known.substring(0, known.length() - ANY.length());
    return StringUtils.getLevenshteinDistance(
        prefix, key.substring(0, Math.min(prefix.length(), key.length())));
  }

  private void check() {
    bootstrapServers();
    checkKafkaClient(kafkaClient);
    master();
    staging();
    speedCheckpoints();
    kafkaTimeout();
    hbaseTimeout();
    hbaseOperationTimeout();
    epoch();
    eventTimeMin();
    tick();
    tickTimeout();
    clockSkew();
    deadLettersMaxShare();
    setAsideLimit();
    archiveSplitRecords();
    archiveOpenDates();
    archiveMemoryBytes();
    recomputeMemoryBytes();
    compactTargetBytes();
    compactGrace();
    lease();
    if (auditRetentionWarn() > auditRetentionFail()) {
      throw bad("lambda.audit.retention-warn", "at most lambda.audit.retention-fail");
    }
    regions();
    speedCheckpointInterval();
    speedEmitInterval();
    speedParallelism();
    speedStateBackend();
    speedRestartDelay();
    speedRetention();
    speedDeadLettersTopic("");
    alertsTopic();
    if (readCache().compareTo(Duration.ofSeconds(1)) > 0) {
      throw bad("lambda.read.cache", "at most 1s");
    }
    readTimeout();
    readMaxRows();
    gateMaxShrink();
    gateMaxGrowth();
    gateDrift();
    gateMaxDrift();
    versionsKeep();
    versionsKeepPast();
    cleanupGrace();
  }

  /** The configuration with defaults filled in: for jobs and clients of Hadoop and HBase. */
  public Configuration hadoop() {
    return conf;
  }

  /**
   * How to reach Kafka. A secret that {@code lambda-site.xml} does not hold is asked of Hadoop's
   * credential providers.
   *
   * @throws InvalidInputException when these cannot be read, or hold what Kafka cannot use
   */
  public KafkaSettings kafka() {
    Map<String, String> client = new TreeMap<>(kafkaClient);
    client.putAll(providedSecrets());
    checkKafkaClient(client);
    return new KafkaSettings(bootstrapServers(), kafkaTimeout(), client);
  }

  private Map<String, String> providedSecrets() {
    Map<String, String> secrets = new TreeMap<>();
    if (conf.getTrimmed(CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH, "").isEmpty()) {
      return secrets;
    }

    for (KafkaClientKeys keys : clientKeys()) {
      for (String key : keys.secrets()) {
        try {
          char[] secret = conf.getPassword(KAFKA_CLIENT + key);
          if (secret != null) {
            secrets.put(key, new String(secret));
          }
        } catch (IOException e) {
          throw new InvalidInputException(
              "Cannot ask %s=%s for %s: %s"
                  .formatted(
                      CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH,
                      conf.get(CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH),
                      KAFKA_CLIENT + key,
                      e.getMessage()),
              e);
        }
      }
    }
    return secrets;
  }

  private static void checkKafkaClient(Map<String, String> client) {
    if (!client.isEmpty()) {
      clientKeys().forEach(keys -> keys.check(client));
    }
  }

  private static ServiceLoader<KafkaClientKeys> clientKeys() {
    return ServiceLoader.load(KafkaClientKeys.class, LambdaConfig.class.getClassLoader());
  }

  private String bootstrapServers() {
    return text("lambda.kafka.bootstrap-servers");
  }

  private Duration kafkaTimeout() {
    return duration("lambda.kafka.timeout", 1);
  }

  /** How long a command waits for HBase before it says that it cannot be reached. */
  public Duration hbaseTimeout() {
    return duration("lambda.hbase.timeout", 1);
  }

  /** How long a command that works on HBase waits for one operation. */
  public Duration hbaseOperationTimeout() {
    return duration("lambda.hbase.operation-timeout", 1000);
  }

  public Duration epoch() {
    return duration("lambda.epoch", 1);
  }

  /** Path or URI of the master dataset's folder. */
  public String master() {
    return text("lambda.master");
  }

  public Instant eventTimeMin() {
    String text = conf.getTrimmed("lambda.event-time.min");
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw bad("lambda.event-time.min", "an instant such as 1990-01-01T00:00:00Z");
    }
  }

  public boolean tick() {
    return flag("lambda.tick");
  }

  public Duration tickTimeout() {
    return duration("lambda.tick.timeout", 1);
  }

  public Duration clockSkew() {
    return duration("lambda.clock-skew", 0);
  }

  /** 0 to 1. */
  public double deadLettersMaxShare() {
    return share("lambda.dead-letters.max-share");
  }

  /** How many events a view or an alert rule may set aside. */
  public SetAsideLimit setAsideLimit() {
    return new SetAsideLimit(share(SetAsideLimit.KEY));
  }

  public long archiveSplitRecords() {
    return number("lambda.archive.split-records", 1, Long.MAX_VALUE);
  }

  public int archiveOpenDates() {
    return (int) number("lambda.archive.open-dates", 1, 10_000);
  }

  public long archiveMemoryBytes() {
    return number("lambda.archive.memory", 1, 1 << 20) << 20;
  }

  public long recomputeMemoryBytes() {
    return number("lambda.recompute.memory", 1, 1 << 20) << 20;
  }

  /** About how long a compacted file is at most. */
  public long compactTargetBytes() {
    return number("lambda.compact.target", 1, 1 << 20) << 20;
  }

  /** How old a file that nothing reads any more must be before it is removed. */
  public Duration compactGrace() {
    return duration("lambda.compact.grace", 0);
  }

  /** How long a run that reads the master dataset keeps its files without a sign of life. */
  public Duration lease() {
    return duration("lambda.lease", 1000);
  }

  /** Share of the topic's retention, 0 to 1. */
  public double auditRetentionWarn() {
    return share("lambda.audit.retention-warn");
  }

  /** Share of the topic's retention, 0 to 1. */
  public double auditRetentionFail() {
    return share("lambda.audit.retention-fail");
  }

  /** Path or URI of the folder for work in progress. */
  public String staging() {
    return text("lambda.staging");
  }

  public int regions() {
    return (int) number("lambda.regions", 1, 256);
  }

  /** Path or URI of the folder for the speed jobs' checkpoints. */
  public String speedCheckpoints() {
    return text("lambda.speed.checkpoints");
  }

  public Duration speedCheckpointInterval() {
    return duration("lambda.speed.checkpoint-interval", 10);
  }

  public Duration speedEmitInterval() {
    return duration("lambda.speed.emit-interval", 1);
  }

  public int speedParallelism() {
    return (int) number("lambda.speed.parallelism", 1, 128);
  }

  /** Where the speed job keeps its state between checkpoints, as Flink names it. */
  public String speedStateBackend() {
    String key = "lambda.speed.state-backend";
    String backend = text(key);
    if (!backend.equals("hashmap") && !backend.equals("rocksdb")) {
      throw bad(key, "hashmap or rocksdb");
    }
    return backend;
  }

  /** The longest pause before a job that failed is started again. */
  public Duration speedRestartDelay() {
    return duration("lambda.speed.restart-delay", 200);
  }

  public Duration speedRetention() {
    return duration("lambda.speed.retention", 1000);
  }

  /**
   * Where the speed job sends the records of a topic that are no events; empty when it does not.
   */
  public Optional<String> speedDeadLettersTopic(String topic) {
    String key = "lambda.speed.dead-letters-topic";
    String name = text(key).replace("{topic}", topic);
    if (name.equals("off")) {
      return Optional.empty();
    }
    if (!name.matches("[a-zA-Z0-9._-]{1,249}") || name.equals(topic)) {
      throw bad(key, "off, or the name of another topic, in which {topic} stands for the topic's");
    }
    return Optional.of(name);
  }

  /** The topic that alerts go to. */
  public String alertsTopic() {
    return text("lambda.alerts.topic");
  }

  public Duration readCache() {
    return duration("lambda.read.cache", 0);
  }

  public Duration readTimeout() {
    return duration("lambda.read.timeout", 1);
  }

  /** How many rows an answer may have. */
  public int readMaxRows() {
    return (int) number("lambda.read.max-rows", 1, 100_000_000);
  }

  /** Which share of the rows a version may lack, compared with the one that answers; 0 to 1. */
  public double gateMaxShrink() {
    return share("lambda.gate.max-shrink");
  }

  /** How many times the rows of the version that answers a new one may have; at least 1. */
  public long gateMaxGrowth() {
    return number("lambda.gate.max-growth", 1, 1_000_000_000);
  }

  /** Whether a version is compared with the one that answers and the speed layer. */
  public boolean gateDrift() {
    return flag("lambda.gate.drift");
  }

  /** How many rows may differ then. */
  public long gateMaxDrift() {
    return number("lambda.gate.max-drift", 0, Long.MAX_VALUE);
  }

  /** How many versions of a view a clean-up keeps, the one that answers among them. */
  public int versionsKeep() {
    return (int) number("lambda.versions.keep", 1, 1_000_000);
  }

  /** How old a version of a moment in the past may become before a clean-up drops it. */
  public Duration versionsKeepPast() {
    return duration("lambda.versions.keep-past", 0);
  }

  /** How old work that nothing lists must be before a clean-up takes it for left behind. */
  public Duration cleanupGrace() {
    return duration("lambda.cleanup.grace", 0);
  }

  private boolean flag(String key) {
    String text = conf.getTrimmed(key, "");
    if (!text.equals("true") && !text.equals("false")) {
      throw bad(key, "true or false");
    }
    return text.equals("true");
  }

  private double share(String key) {
    try {
      double share = Double.parseDouble(conf.getTrimmed(key));
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw bad(key, "a number from 0 to 1");
  }

  private String text(String key) {
    String text = conf.getTrimmed(key, "");
    if (text.isEmpty()) {
      throw bad(key, "a value that may not be empty");
    }
    return text;
  }

  private Duration duration(String key, long leastMillis) {
    String text = conf.getTrimmed(key, "");
    if (text.matches("[0-9]{1,12}(ms|s|m|h|d)")) {
      long millis = conf.getTimeDuration(key, 0, TimeUnit.MILLISECONDS);
      if (millis >= leastMillis && millis <= LONGEST.toMillis()) {
        return Duration.ofMillis(millis);
      }
    }
    throw bad(
        key,
        String.format(
            Locale.ROOT,
            "a duration of at least %dms and at most %dd, with a unit: ms, s, m, h or d",
            leastMillis,
            LONGEST.toDays()));
  }

  private long number(String key, long least, long most) {
    try {
      long value = Long.parseLong(conf.getTrimmed(key));
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw bad(
        key,
        "a whole number of at least "
            + least
            + (most == Long.MAX_VALUE ? "" : " and at most " + most));
  }

  private InvalidInputException bad(String key, String expected) {
    return new InvalidInputException(
        "Cannot use %s=%s: expected %s".formatted(key, conf.get(key), expected));
  }
}
