package dev.lambdastack.batch.recompute;

import dev.lambdastack.batch.master.LiveFile;
import java.util.ArrayList;
import java.util.List;

/** Shares out files over tasks: great ones are cut, small ones are put together. */
final class FileParts {
  private static final long LEAST_BYTES = 1L << 20;
  private static final long MOST_BYTES = 128L << 20;
  private static final int TASKS = 8;

  private FileParts() {}

  /** How much a task reads, so that there are some, none of them tiny or endless. */
  static long taskBytes(List<LiveFile> files) {
    long total = files.stream().mapToLong(f -> f.lengthBytes()).sum();
    return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, total / TASKS));
  }

  /** The parts of each task; together they are the files, each part once. */
  static List<List<FilePart>> ofTasks(List<LiveFile> files, long taskBytes) {
    List<List<FilePart>> tasks = new ArrayList<>();
    List<FilePart> task = new ArrayList<>();
    long bytes = 0;
    for (LiveFile file : files) {
      for (FilePart part : cut(file, taskBytes)) {
        if (!task.isEmpty() && bytes + part.lengthBytes() > taskBytes) {
          tasks.add(task);
          task = new ArrayList<>();
          bytes = 0;
        }
        task.add(part);
        bytes += part.lengthBytes();
      }
    }

    if (!task.isEmpty()) {
      tasks.add(task);
    }

    return tasks;
  }

  private static List<FilePart> cut(LiveFile file, long taskBytes) {
    long count = Math.max(1, (file.lengthBytes() + taskBytes / 2) / taskBytes);
    List<FilePart> parts = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      parts.add(
          new FilePart(
              file.path(), file.lengthBytes() * i / count, file.lengthBytes() * (i + 1) / count));
    }
    return parts;
  }
}
