package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.Sale;
import dev.lambdastack.batch.master.DataFile;
import dev.lambdastack.batch.master.Manifest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class FilePartsTest {
  @Property
  void everyByteOfEveryFileIsInOneTask(
      @ForAll @Size(max = 30) List<@LongRange(min = 1, max = 5_000) Long> lengths,
      @ForAll @LongRange(min = 1, max = 1_000) long taskBytes) {
    List<DataFile> files = new ArrayList<>();
    for (int i = 0; i < lengths.size(); i++) {
      files.add(
          new DataFile("f" + i, Optional.empty(), 1, 0, 0, 1, 0, 0, 0, 0, lengths.get(i), "x"));
    }
    Manifest manifest =
        new Manifest(
            1,
            "t",
            "id",
            Optional.empty(),
            "run",
            Duration.ofMinutes(1),
            0,
            1,
            java.time.Instant.EPOCH,
            new TreeMap<>(),
            Sale.V1,
            files,
            List.of(),
            files.size(),
            0,
            Instant.EPOCH);
    Map<String, Long> covered = new TreeMap<>();
    for (List<FilePart> task : FileParts.ofTasks(List.of(manifest), taskBytes)) {
      assertThat(task).isNotEmpty();
      assertThat(
              task.size() == 1 || task.stream().mapToLong(FilePart::lengthBytes).sum() <= taskBytes)
          .isTrue();
      for (FilePart part : task) {
        assertThat(part.start()).isEqualTo(covered.getOrDefault(part.path(), 0L));
        assertThat(part.end()).isGreaterThanOrEqualTo(part.start());
        assertThat(part.schemaFingerprint()).isEqualTo(manifest.schemaFingerprint());
        covered.put(part.path(), part.end());
      }
    }
    for (int i = 0; i < lengths.size(); i++) {
      assertThat(covered.get("f" + i)).isEqualTo(lengths.get(i));
    }
  }
}
