package dev.lambdastack.batch.deadletters;

import dev.lambdastack.batch.master.ArchiveManifest;
import dev.lambdastack.batch.master.DeadLetterFile;
import dev.lambdastack.batch.master.MasterDataset;
import dev.lambdastack.batch.master.StoredManifest;
import dev.lambdastack.views.InvalidInputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** The dead letters of a master dataset, file by file as its manifests list them. */
final class DeadLetterFiles {
  /** Is given letters one by one. */
  @FunctionalInterface
  interface Visitor {
    void visit(DeadLetter letter) throws IOException;
  }

  private final MasterDataset dataset;
  private final Configuration conf;

  DeadLetterFiles(MasterDataset dataset, Configuration conf) {
    this.dataset = dataset;
    this.conf = conf;
  }

  /**
   * The manifests that list dead letters, the first one first; at least one.
   *
   * @throws InvalidInputException when nothing is archived
   */
  List<ArchiveManifest> manifests() throws IOException {
    List<ArchiveManifest> manifests = new ArrayList<>();
    for (StoredManifest stored : dataset.manifests()) {
      if (stored.manifest() instanceof ArchiveManifest archive) {
        manifests.add(archive);
      }
    }

    if (manifests.isEmpty()) {
      throw new InvalidInputException(
          "Topic %s has no dead letters: nothing of it is archived in %s; run lambda archive %s first, or check the name"
              .formatted(dataset.topic(), dataset.place(), dataset.topic()));
    }

    return manifests;
  }

  /**
   * Visits the selected letters of these manifests, in the order of manifests and files; within a
   * file in the order of the log.
   *
   * @throws InvalidInputException when a file that a manifest lists is not there, or not whole
   */
  void visit(List<ArchiveManifest> manifests, Selection selection, Visitor visitor)
      throws IOException {
    for (ArchiveManifest manifest : manifests) {
      for (DeadLetterFile file : manifest.deadLetters()) {
        if (selection.mayBeIn(file)) {
          visit(manifest.sequence(), file, selection, visitor);
        }
      }
    }
  }

  private void visit(long manifest, DeadLetterFile file, Selection selection, Visitor visitor)
      throws IOException {
    Path path = dataset.resolve(file.path());
    checkWhole(manifest, file, path);

    try (ParquetReader<GenericRecord> reader =
        AvroParquetReader.<GenericRecord>builder(HadoopInputFile.fromPath(path, conf))
            .withDataModel(GenericData.get())
            .withConf(conf)
            .build()) {
      for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
        DeadLetter letter = letter(manifest, row);
        if (selection.has(letter)) {
          visitor.visit(letter);
        }
      }
    }
  }

  private void checkWhole(long manifest, DeadLetterFile file, Path path) throws IOException {
    String found;
    try {
      FileStatus status = dataset.fileSystem().getFileStatus(path);
      if (status.getLen() == file.lengthBytes()) {
        return;
      }
      found = String.format(Locale.ROOT, "one of %d bytes", status.getLen());
    } catch (FileNotFoundException e) {
      found = "none";
    }

    throw new InvalidInputException(
        String.format(
            Locale.ROOT,
            "Cannot read dead letters of topic %s: manifest %d lists %s (expected a file of %d bytes, found %s); restore it from a backup",
            dataset.topic(),
            manifest,
            path,
            file.lengthBytes(),
            found));
  }

  private static DeadLetter letter(long manifest, GenericRecord row) {
    List<DeadLetter.Header> headers = new ArrayList<>();
    for (Object header : (List<?>) row.get("headers")) {
      GenericRecord each = (GenericRecord) header;
      headers.add(new DeadLetter.Header(each.get("name").toString(), bytes(each.get("value"))));
    }

    return new DeadLetter(
        manifest,
        (Integer) row.get("partition"),
        (Long) row.get("offset"),
        (Long) row.get("append_time"),
        bytes(row.get("key")),
        bytes(row.get("value")),
        headers,
        row.get("reason").toString(),
        row.get("detail").toString());
  }

  private static byte[] bytes(Object value) {
    if (value == null) {
      return null;
    }
    ByteBuffer buffer = ((ByteBuffer) value).duplicate();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
