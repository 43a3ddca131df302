package dev.lambdastack.embedded;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.regionserver.HRegionServer;

/** A region server that can die as a process does: regions stay open, the log is not closed. */
public final class EmbeddedRegionServer extends HRegionServer {
  /** As HBase makes its servers, by name. */
  public EmbeddedRegionServer(Configuration conf) throws IOException {
    super(conf);
  }

  @Override
  protected void kill() {
    super.kill();
  }
}
