package dev.lambdastack.speed;

import dev.lambdastack.embedded.EmbeddedHBase;
import dev.lambdastack.embedded.EmbeddedHdfs;
import dev.lambdastack.embedded.EmbeddedKafka;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Kafka, HDFS and HBase, started once for all tests of this JVM. */
public final class TestingClusters implements BeforeAllCallback {
  private static final Pattern SERVERS =
      Pattern.compile(
          "hbase\\.zookeeper\\.(quorum|property\\.clientPort)|hbase\\.rootdir|fs\\.defaultFS"
              + "|lambda\\.kafka\\.bootstrap-servers|lambda\\.speed\\.(checkpoint|emit)-interval");

  private static Servers servers;

  private record Servers(EmbeddedKafka kafka, EmbeddedHdfs hdfs, EmbeddedHBase hbase)
      implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    static Servers start() throws IOException {
      // Access rules that let everybody in where a topic has none.
      EmbeddedKafka kafka =
          EmbeddedKafka.builder()
              .property(
                  "authorizer.class.name",
                  "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
              .property("allow.everyone.if.no.acl.found", "true")
              .start();
      EmbeddedHdfs hdfs = EmbeddedHdfs.start();
      return new Servers(kafka, hdfs, EmbeddedHBase.builder(hdfs).start());
    }

    @Override
    public void close() throws IOException {
      hbase.close();
      hdfs.close();
      kafka.close();
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    servers =
        (Servers)
            context
                .getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(
                    "clusters",
                    k -> {
                      try {
                        return Servers.start();
                      } catch (IOException e) {
                        throw new IllegalStateException(e);
                      }
                    });
  }

  /** The broker. */
  public static EmbeddedKafka kafka() {
    return servers.kafka();
  }

  /** Settings for these clusters, checkpoints on HDFS, and these of our own keys. */
  public static LambdaConfig config(Map<String, String> overrides) {
    Configuration conf = servers.hbase().configuration();
    conf.set("lambda.kafka.bootstrap-servers", kafka().bootstrapServers());
    conf.set("lambda.speed.checkpoint-interval", "200ms");
    conf.set("lambda.speed.emit-interval", "100ms");
    overrides.forEach(conf::set);
    return LambdaConfig.of(conf);
  }

  /** The same settings as options of a command, but the keys that are named. */
  public static List<String> commandLine(String... without) {
    List<String> options = new ArrayList<>();
    config(Map.of())
        .hadoop()
        .forEach(
            e -> {
              if (SERVERS.matcher(e.getKey()).matches() && !List.of(without).contains(e.getKey())) {
                options.add("-D");
                options.add(e.getKey() + "=" + e.getValue());
              }
            });
    return options;
  }

  /** Deletes a topic where there is one, and waits until it is gone. */
  public static void removeTopic(String topic) throws Exception {
    try (var admin = kafka().admin()) {
      if (admin.listTopics().names().get().contains(topic)) {
        admin.deleteTopics(List.of(topic)).all().get();
        while (admin.listTopics().names().get().contains(topic)) {
          Thread.sleep(20);
        }
      }
    }
  }

  /** Forbids everybody an operation on a topic, until {@link #allowAll}. */
  public static void deny(String topic, AclOperation operation) throws Exception {
    AclBinding denied =
        new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
            new AccessControlEntry("User:*", "*", operation, AclPermissionType.DENY));
    try (var admin = kafka().admin()) {
      admin.createAcls(List.of(denied)).all().get();
    }
  }

  /** Removes all that {@link #deny} forbids. */
  public static void allowAll() throws Exception {
    try (var admin = kafka().admin()) {
      admin.deleteAcls(List.of(AclBindingFilter.ANY)).all().get();
    }
  }

  /** Deletes what the stack knows of views, their tables included. */
  public static void removeViews(Connection hbase) throws IOException {
    try (Admin admin = hbase.getAdmin()) {
      for (TableName table : admin.listTableNames()) {
        if (table.getNamespaceAsString().equals("lambda")) {
          admin.disableTable(table);
          admin.deleteTable(table);
        }
      }
    }
  }
}
