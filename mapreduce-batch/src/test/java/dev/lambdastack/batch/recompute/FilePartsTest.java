package dev.lambdastack.batch.recompute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lambdastack.batch.LiveFiles;
import dev.lambdastack.batch.master.LiveFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    List<LiveFile> files = new ArrayList<>();
    for (int i = 0; i < lengths.size(); i++) {
      files.add(LiveFiles.of("f" + i, 1, lengths.get(i)));
    }
    Map<String, Long> covered = new TreeMap<>();
    for (List<FilePart> task : FileParts.ofTasks(files, taskBytes)) {
      assertThat(task).isNotEmpty();
      assertThat(
              task.size() == 1 || task.stream().mapToLong(FilePart::lengthBytes).sum() <= taskBytes)
          .isTrue();
      for (FilePart part : task) {
        assertThat(part.start()).isEqualTo(covered.getOrDefault(part.path(), 0L));
        assertThat(part.end()).isGreaterThanOrEqualTo(part.start());
        covered.put(part.path(), part.end());
      }
    }
    for (int i = 0; i < lengths.size(); i++) {
      assertThat(covered.get("f" + i)).isEqualTo(lengths.get(i));
    }
  }
}
