package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.Fingerprints;
import dev.lambdastack.batch.master.LiveFile;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Opens parts of a topic's files for some columns. */
final class MasterFiles {
  private final Configuration conf;
  private final SchemaStore schemas;
  private final Instant eventTimeMin;
  private final Projection projection;
  private final Optional<TimeRanges> times;
  private final String pinned;

  private MasterFiles(
      Configuration conf,
      SchemaStore schemas,
      Instant eventTimeMin,
      Projection projection,
      Optional<TimeRanges> times) {
    this.conf = conf;
    this.schemas = schemas;
    this.eventTimeMin = eventTimeMin;
    this.projection = projection;
    this.times = times;
    this.pinned = Fingerprints.of(projection.type().schema());
  }

  /**
   * Files of the projection's topic.
   *
   * @param eventTimeMin the earliest event time that was taken, as the topic's archive has it
   * @param times row groups that have none of these times may be passed over
   */
  static MasterFiles of(
      LambdaConfig config,
      SchemaStore schemas,
      Instant eventTimeMin,
      Projection projection,
      Optional<TimeRanges> times) {
    return new MasterFiles(config.hadoop(), schemas, eventTimeMin, projection, times);
  }

  /**
   * Whether a file follows the schema that is pinned now, so that its own times are the events'.
   */
  boolean followsPin(LiveFile file) {
    return file.pinned().equals(Optional.of(pinned));
  }

  MasterFile open(FilePart part) throws IOException {
    return MasterFile.open(conf, part, projection, pinned, this::decoder, times);
  }

  private EventDecoder decoder() {
    return new EventDecoder(schemas, projection.type(), projection.columns(), eventTimeMin);
  }
}
