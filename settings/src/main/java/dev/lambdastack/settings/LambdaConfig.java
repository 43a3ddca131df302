package dev.lambdastack.settings;

import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.SetAsideLimit;
import java.io.IOException;
import java.util.Comparator;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.lang3.StringUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.alias.CredentialProviderFactory;

/**
 * The typed view of a Hadoop {@link Configuration}: defaults from {@code lambda-default.xml}, then
 * {@code lambda-site.xml}, then what the given configuration sets itself ({@code -D}). All is read
 * and checked when it is loaded, by a class for each layer; what {@link #hadoop()} is changed to
 * afterwards does not count here.
 *
 * <p>The families {@code lambda.kafka.client.*} and {@code lambda.catalog.*} may hold secrets. They
 * are part of {@link #kafka()} and {@link #master()}, and never of {@link #hadoop()}, which becomes
 * a job's {@code job.xml} and goes to tasks.
 */
public final class LambdaConfig {
  private static final String PREFIX = "lambda.";
  private static final String DEFAULTS = "lambda-default.xml";
  private static final String SITE = "lambda-site.xml";

  /** What keys begin with that are Kafka's own behind it. */
  private static final String KAFKA_CLIENT = "lambda.kafka.client.";

  /** What keys begin with that are an Iceberg catalog's behind it. */
  private static final String CATALOG = "lambda.catalog.";

  /** What the name of a family ends with in {@code lambda-default.xml}. */
  private static final String ANY = "*";

  private final Configuration conf;
  private final KafkaSettings kafka;
  private final LogSettings log;
  private final HBaseSettings hbase;
  private final MasterSettings master;
  private final ArchiveSettings archive;
  private final CompactSettings compact;
  private final AuditSettings audit;
  private final RecomputeSettings recompute;
  private final GateSettings gate;
  private final CleanupSettings cleanup;
  private final SpeedSettings speed;
  private final AlertsSettings alerts;
  private final ReadSettings read;
  private final SetAsideLimit setAsideLimit;

  /** Reads every key, so that a bad value is refused before anything is done. */
  LambdaConfig(
      Configuration conf,
      Map<String, String> kafkaClient,
      Map<String, String> catalog,
      Values values) {
    this.conf = conf;
    this.kafka = KafkaSettings.of(values, kafkaClient);
    this.log = LogSettings.of(values);
    this.hbase = HBaseSettings.of(values);
    this.master = MasterSettings.of(values, catalog);
    this.archive = ArchiveSettings.of(values);
    this.compact = CompactSettings.of(values);
    this.audit = AuditSettings.of(values);
    this.recompute = RecomputeSettings.of(values);
    this.gate = GateSettings.of(values);
    this.cleanup = CleanupSettings.of(values);
    this.speed = SpeedSettings.of(values);
    this.alerts = AlertsSettings.of(values);
    this.read = ReadSettings.of(values);
    this.setAsideLimit = new SetAsideLimit(values.share(SetAsideLimit.KEY));
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

    Map<String, String> kafkaClient = take(conf, KAFKA_CLIENT);
    Map<String, String> catalog = take(conf, CATALOG);
    checkKnown(conf, known);
    checkKafkaClient(kafkaClient);
    return new LambdaConfig(conf, kafkaClient, catalog, new Values(conf));
  }

  /** Moves a family out of the configuration; the values are those that Hadoop expands. */
  private static Map<String, String> take(Configuration conf, String family) {
    Map<String, String> taken = new TreeMap<>();
    for (Map.Entry<String, String> entry : conf) {
      String key = entry.getKey();
      if (key.startsWith(family)) {
        checkCanBeTaken(conf, key);
        taken.put(key.substring(family.length()), Values.resolved(key, conf.getTrimmed(key)));
      }
    }

    taken.keySet().forEach(key -> conf.unset(family + key));
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

  /** The configuration with defaults filled in: for jobs and clients of Hadoop and HBase. */
  public Configuration hadoop() {
    return conf;
  }

  /**
   * How to reach Kafka. A secret that {@code lambda-site.xml} does not hold is asked of Hadoop's
   * credential providers.
   *
   * @throws LambdaException when these cannot be read, or hold what Kafka cannot use
   */
  public KafkaSettings kafka() {
    Map<String, String> secrets = providedSecrets();
    if (secrets.isEmpty()) {
      return kafka;
    }

    Map<String, String> client = new TreeMap<>(kafka.client());
    client.putAll(secrets);
    checkKafkaClient(client);
    return new KafkaSettings(kafka.bootstrapServers(), kafka.timeout(), client);
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
          throw FileSystemFault.of(
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

  /** How both layers see a topic. */
  public LogSettings log() {
    return log;
  }

  public HBaseSettings hbase() {
    return hbase;
  }

  public MasterSettings master() {
    return master;
  }

  public ArchiveSettings archive() {
    return archive;
  }

  public CompactSettings compact() {
    return compact;
  }

  public AuditSettings audit() {
    return audit;
  }

  public RecomputeSettings recompute() {
    return recompute;
  }

  public GateSettings gate() {
    return gate;
  }

  public CleanupSettings cleanup() {
    return cleanup;
  }

  public SpeedSettings speed() {
    return speed;
  }

  public AlertsSettings alerts() {
    return alerts;
  }

  public ReadSettings read() {
    return read;
  }

  /** How many events a view or an alert rule may set aside. */
  public SetAsideLimit setAsideLimit() {
    return setAsideLimit;
  }
}
