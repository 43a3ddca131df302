package dev.lambdastack.embedded;

import org.apache.hadoop.conf.Configuration;

/** HBase's servers as we want them in one JVM: on the loopback interface, quick to start, small. */
final class HBaseServerConfiguration {
  private HBaseServerConfiguration() {}

  static Configuration of(Configuration client, int regionServers) {
    Configuration conf = new Configuration(client);
    loopback(conf);
    quick(conf, regionServers);
    small(conf);
    return conf;
  }

  private static void loopback(Configuration conf) {
    conf.set("hbase.master.hostname", "localhost");
    conf.set("hbase.unsafe.regionserver.hostname", "localhost");
    conf.set("hbase.master.ipc.address", "127.0.0.1");
    conf.set("hbase.regionserver.ipc.address", "127.0.0.1");
    conf.setInt("hbase.master.port", 0);
    conf.setInt("hbase.regionserver.port", 0);
    conf.setInt("hbase.master.info.port", -1);
    conf.setInt("hbase.regionserver.info.port", -1);

    // Several servers in one process.
    conf.setBoolean("hbase.cluster.distributed", false);

    // The write-ahead log is on HDFS and must be able to sync there.
    conf.setBoolean("hbase.unsafe.stream.capability.enforce", true);
    conf.set("hbase.wal.provider", "asyncfs");

    // A server that gives itself up and is not done in time would halt the JVM.
    conf.setInt("hbase.regionserver.abort.timeout", Integer.MAX_VALUE);

    // The JVM belongs to the caller: no hook of ours.
    conf.setBoolean("hbase.shutdown.hook", false);
  }

  /**
   * HBase waits for stragglers, batches requests and backs off; alone in one JVM there is nobody to
   * wait for.
   */
  private static void quick(Configuration conf, int regionServers) {
    conf.setInt("hbase.master.wait.on.regionservers.mintostart", regionServers);
    conf.setInt("hbase.master.wait.on.regionservers.maxtostart", regionServers);
    conf.setInt("hbase.regionserver.msginterval", 100);
    conf.setInt("hbase.procedure.remote.dispatcher.delay.msec", 5);
    conf.setInt("hbase.assignment.dispatch.wait.msec", 5);
  }

  private static void small(Configuration conf) {
    conf.setInt("hbase.regionserver.handler.count", 10);
    conf.setInt("hbase.regionserver.metahandler.count", 5);
    conf.setInt("hbase.master.handler.count", 10);
    // Each column family of each region takes at least one chunk of its memstore.
    conf.setInt("hbase.hregion.memstore.mslab.chunksize", 512 * 1024);
    conf.setFloat("hfile.block.cache.size", 0.1f);
    conf.setFloat("hbase.regionserver.global.memstore.size", 0.2f);
  }
}
