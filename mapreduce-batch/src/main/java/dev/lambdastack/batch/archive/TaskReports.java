package dev.lambdastack.batch.archive;

import dev.lambdastack.batch.master.TableLayout;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The reports that committed tasks have left. */
final class TaskReports {
  private TaskReports() {}

  static List<TaskReport> read(
      FileSystem fileSystem, Path folder, TableLayout events, TableLayout deadLetters)
      throws IOException {
    List<TaskReport> reports = new ArrayList<>();
    try {
      for (FileStatus file : fileSystem.listStatus(folder)) {
        try (FSDataInputStream in = fileSystem.open(file.getPath())) {
          reports.add(TaskReport.fromJson(in.readAllBytes(), events, deadLetters));
        }
      }
    } catch (FileNotFoundException none) {
      return List.of();
    }
    return reports;
  }
}
