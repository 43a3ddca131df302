package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.apache.avro.SchemaNormalization;
import org.apache.hadoop.conf.Configuration;

/** Opens parts of a topic's files for some columns. */
final class MasterFiles {
  private final Configuration conf;
  private final MasterDataset dataset;
  private final SchemaStore schemas;
  private final Instant eventTimeMin;
  private final Projection projection;
  private final Optional<TimeRanges> times;
  private final long pinned;

  private MasterFiles(
      Configuration conf,
      MasterDataset dataset,
      SchemaStore schemas,
      Instant eventTimeMin,
      Projection projection,
      Optional<TimeRanges> times) {
    this.conf = conf;
    this.dataset = dataset;
    this.schemas = schemas;
    this.eventTimeMin = eventTimeMin;
    this.projection = projection;
    this.times = times;
    this.pinned = SchemaNormalization.parsingFingerprint64(projection.type().schema());
  }

  /**
   * Files of the projection's topic.
   *
   * @param eventTimeMin the earliest event time that was taken, as the topic's manifests say
   * @param times row groups that have none of these times may be passed over
   */
  static MasterFiles of(
      LambdaConfig config,
      SchemaStore schemas,
      Instant eventTimeMin,
      Projection projection,
      Optional<TimeRanges> times)
      throws IOException {
    return new MasterFiles(
        config.hadoop(),
        MasterDataset.open(config.hadoop(), config.master().folder(), projection.type().topic()),
        schemas,
        eventTimeMin,
        projection,
        times);
  }

  /**
   * Whether a file follows the schema that is pinned now, so that its own times are the events'.
   */
  boolean followsPin(long schemaFingerprint) {
    return schemaFingerprint == pinned;
  }

  MasterFile open(FilePart part) throws IOException {
    boolean followsPin = followsPin(part.schemaFingerprint());
    Optional<EventDecoder> decoder =
        followsPin
            ? Optional.empty()
            : Optional.of(
                new EventDecoder(schemas, projection.type(), projection.columns(), eventTimeMin));

    return MasterFile.open(
        conf,
        dataset.resolve(part.path()),
        part.start(),
        part.end(),
        projection,
        decoder,
        followsPin ? times : Optional.empty());
  }
}
