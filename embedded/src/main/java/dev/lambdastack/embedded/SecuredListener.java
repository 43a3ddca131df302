package dev.lambdastack.embedded;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A Kafka listener with SASL/SCRAM-SHA-512 over TLS. The JDK's {@code keytool} makes its
 * self-signed certificate.
 */
final class SecuredListener {
  static final String NAME = "SASL_SSL";

  private static final String MECHANISM = "SCRAM-SHA-512";
  private static final String MODULE =
      "org.apache.kafka.common.security.scram.ScramLoginModule required";

  private final String user;
  private final String password;
  private final Path keys;
  private final Path trusted;

  private SecuredListener(String user, String password, Path folder) {
    this.user = user;
    this.password = password;
    this.keys = folder.resolve("keys.p12");
    this.trusted = folder.resolve("trusted.p12");
  }

  /**
   * Creates a listener with a new certificate.
   *
   * @param password of the user, of the key store and of the trust store
   * @param folder where both stores go; made where it does not exist
   */
  static SecuredListener create(String user, String password, Path folder) throws IOException {
    SecuredListener listener = new SecuredListener(user, password, Files.createDirectories(folder));

    listener.makeCertificate(folder.resolve("certificate.pem"));
    return listener;
  }

  private void makeCertificate(Path certificate) throws IOException {
    keytool(
        keys,
        List.of("-genkeypair", "-alias", "kafka", "-keyalg", "EC", "-groupname", "secp256r1"),
        List.of("-dname", "CN=localhost", "-ext", "san=dns:localhost", "-validity", "3650"));

    keytool(
        keys, List.of("-exportcert", "-alias", "kafka", "-rfc", "-file", certificate.toString()));

    keytool(
        trusted,
        List.of("-importcert", "-alias", "kafka", "-noprompt", "-file", certificate.toString()));
  }

  @SafeVarargs
  private void keytool(Path store, List<String>... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    List.of(arguments).forEach(command::addAll);
    command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass:env", "STORE_PASSWORD"));

    File said = new File(store + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said);
    builder.environment().put("STORE_PASSWORD", password);

    try {
      if (builder.start().waitFor() != 0) {
        throw new IOException("keytool failed: " + Files.readString(said.toPath()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while keytool runs", e);
    }
  }

  /** The SCRAM credential of the user, to format the broker's storage with. */
  String credential() {
    return MECHANISM + "=[name=" + user + ",password=" + password + "]";
  }

  /** The broker's settings, but for the listener's address. */
  Map<String, String> broker() {
    String prefix = "listener.name." + NAME.toLowerCase(Locale.ROOT) + ".";

    Map<String, String> broker = new HashMap<>();
    broker.put("sasl.enabled.mechanisms", MECHANISM);
    broker.put(prefix + "scram-sha-512.sasl.jaas.config", MODULE + ";");

    broker.put(prefix + "ssl.keystore.type", "PKCS12");
    broker.put(prefix + "ssl.keystore.location", keys.toString());
    broker.put(prefix + "ssl.keystore.password", password);
    broker.put(prefix + "ssl.key.password", password);
    return broker;
  }

  /** A client's settings, but for the bootstrap servers. */
  Map<String, String> client() {
    return Map.of(
        "security.protocol",
        NAME,
        "sasl.mechanism",
        MECHANISM,
        "sasl.jaas.config",
        MODULE + " username=\"" + user + "\" password=\"" + password + "\";",
        "ssl.truststore.type",
        "PKCS12",
        "ssl.truststore.location",
        trusted.toString(),
        "ssl.truststore.password",
        password);
  }
}
