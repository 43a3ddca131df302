package dev.lambdastack.settings;

import dev.lambdastack.views.UnavailableException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * Whether a server listens at all where the configuration says, looked at before a client is asked
 * that has the patience of a cluster's: a command that has no configuration, or the wrong one, says
 * so at once.
 */
public final class FirstContact {
  private static final int LIMIT_MILLIS = 2_000;

  private FirstContact() {}

  /**
   * At least one of the brokers.
   *
   * @throws UnavailableException when none of them listens
   */
  public static void kafka(LambdaConfig config) {
    check(
        "Kafka",
        config.hadoop(),
        "lambda",
        List.of("lambda.kafka.bootstrap-servers"),
        addresses(config.kafka().bootstrapServers(), 0));
  }

  /**
   * At least one server of HBase's ZooKeeper.
   *
   * @param conf with HBase's defaults
   * @throws UnavailableException when none of them listens
   */
  public static void hbase(Configuration conf) {
    if (conf.get("hbase.client.registry.impl", "").endsWith("RpcConnectionRegistry")) {
      return;
    }
    String servers = "hbase.zookeeper.quorum";
    String port = "hbase.zookeeper.property.clientPort";
    check(
        "HBase through ZooKeeper",
        conf,
        "hbase",
        List.of(servers, port),
        addresses(conf.get(servers, "localhost"), conf.getInt(port, 2181)));
  }

  /**
   * The NameNode that holds the master dataset; nothing where it is on another file system, or a
   * name service stands for several.
   *
   * @throws UnavailableException when it does not listen
   */
  public static void hdfs(Configuration conf, String master) {
    String key = master.startsWith("hdfs:") ? "lambda.master" : "fs.defaultFS";
    URI uri =
        master.startsWith("hdfs:") ? URI.create(master) : URI.create(conf.get(key, "file:///"));

    if (!"hdfs".equals(uri.getScheme())
        || uri.getHost() == null
        || isNameService(conf, uri.getHost())) {
      return;
    }

    int port = uri.getPort() < 0 ? 8020 : uri.getPort();
    check(
        "the file system of lambda.master=" + master,
        conf,
        key.startsWith("lambda") ? "lambda" : "core",
        List.of(key),
        addresses(uri.getHost(), port));
  }

  /** Hadoop reads hdfs-site.xml only once HDFS's client is loaded, which comes after this. */
  private static boolean isNameService(Configuration conf, String host) {
    return Stream.of(conf, only(conf, "hdfs-site.xml"))
        .anyMatch(c -> c.getTrimmedStringCollection("dfs.nameservices").contains(host));
  }

  /**
   * {@code host:port} with commas between; none where the client will have its own words for it.
   *
   * @param port where a server says none; 0 where it has to
   */
  private static List<InetSocketAddress> addresses(String text, int port) {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String server : text.split(",", -1)) {
      String host = server.strip();
      int colon = host.lastIndexOf(':');
      if (colon < 0 && port == 0) {
        return List.of();
      }

      try {
        int named = colon < 0 ? port : Integer.parseInt(host.substring(colon + 1));
        addresses.add(new InetSocketAddress(colon < 0 ? host : host.substring(0, colon), named));
      } catch (IllegalArgumentException e) {
        return List.of();
      }
    }

    return addresses;
  }

  private static void check(
      String who,
      Configuration conf,
      String files,
      List<String> keys,
      List<InetSocketAddress> addresses) {
    String why = "";
    for (InetSocketAddress address : addresses) {
      Optional<String> problem = problem(address);
      if (problem.isEmpty()) {
        return;
      }
      why = problem.get();
    }

    if (addresses.isEmpty()) {
      return;
    }

    throw new UnavailableException(
        "Cannot reach %s at %s (%s): no server answers there (%s); start it, or let LAMBDA_CONF name the folder with the %s-site.xml of your cluster"
            .formatted(
                who,
                String.join(",", addresses.stream().map(FirstContact::text).toList()),
                origin(conf, files, keys),
                why,
                files));
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  private static Optional<String> problem(InetSocketAddress address) {
    if (address.isUnresolved()) {
      return Optional.of("unknown host");
    }
    try (Socket socket = new Socket()) {
      socket.connect(address, LIMIT_MILLIS);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
  }

  /**
   * Which configuration says so: a person who has the wrong one is to see it.
   *
   * @param conf with the defaults of those files
   * @param files the configuration files' name before {@code -site.xml}
   * @param keys one of them says it
   * @return such as {@code from /etc/hadoop/core-site.xml}
   */
  public static String origin(Configuration conf, String files, List<String> keys) {
    Configuration defaults = only(conf, files + "-default.xml");
    Configuration site = only(conf, files + "-site.xml");
    URL found = conf.getResource(files + "-site.xml");

    for (String key : keys) {
      String set = site.get(key, defaults.get(key));
      if (!Objects.equals(conf.get(key), set)) {
        return "from -D " + key;
      }
    }

    if (keys.stream().anyMatch(key -> site.get(key) != null)) {
      return "from " + path(found);
    }

    String named = System.getenv("LAMBDA_CONF");
    return "the default, since "
        + (found != null
            ? "%s does not set %s".formatted(path(found), keys.get(0))
            : named == null || named.isBlank()
                ? "LAMBDA_CONF is not set"
                : "LAMBDA_CONF=%s has no %s-site.xml".formatted(named, files));
  }

  private static Configuration only(Configuration conf, String file) {
    Configuration alone = new Configuration(false);
    alone.setClassLoader(conf.getClassLoader());
    alone.addResource(file);
    return alone;
  }

  private static String path(URL url) {
    return url.getProtocol().equals("file") ? url.getPath() : url.toString();
  }
}
