package dev.lambdastack.batch.compact;

import dev.lambdastack.batch.master.Contents;
import dev.lambdastack.batch.master.LiveFile;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Files that are rewritten together: all of one schema. Pure.
 *
 * @param pinned CRC-64-AVRO, in hex, of the schema
 * @param inputs ordered by path
 */
record CompactionPlan(String pinned, List<LiveFile> inputs) {
  /** A file that is greater than so many times the rest of its date's is left alone. */
  private static final int GREATEST_RATIO = 8;

  /** Mixed files that hold less of a date than this part of the target are not split yet. */
  private static final int LEAST_PART = 128;

  CompactionPlan {
    inputs = List.copyOf(inputs);
  }

  /**
   * What is worth rewriting: mixed files, since readers of a date must open them, and for each date
   * the files below half of the target, where there are several. Of those the greatest is left
   * alone while the others are little beside it, so that a few late events do not have a whole day
   * written again: each byte is rewritten a logarithmic number of times.
   *
   * <p>Mixed files wait until there is enough in them for each of their dates, or until they are
   * more files than dates: a little of many dates would become many files in the place of a few.
   *
   * @return one plan for each schema that has something to rewrite
   */
  static List<CompactionPlan> of(Contents contents, long targetBytes) {
    Map<String, List<LiveFile>> bySchema = new TreeMap<>();
    for (LiveFile file : contents.files()) {
      // What another program has written, it has compacted.
      file.pinned().ifPresent(s -> bySchema.computeIfAbsent(s, p -> new ArrayList<>()).add(file));
    }

    List<CompactionPlan> plans = new ArrayList<>();
    bySchema.forEach(
        (schema, files) -> {
          List<LiveFile> inputs = inputs(files, targetBytes);
          if (!inputs.isEmpty()) {
            plans.add(new CompactionPlan(schema, inputs));
          }
        });

    return List.copyOf(plans);
  }

  private static List<LiveFile> inputs(List<LiveFile> files, long targetBytes) {
    List<LiveFile> mixed = files.stream().filter(f -> f.date().isEmpty()).toList();
    Map<LocalDate, List<LiveFile>> small = new TreeMap<>();
    for (LiveFile file : files) {
      if (file.date().isPresent() && file.lengthBytes() < targetBytes / 2) {
        small.computeIfAbsent(file.date().get(), d -> new ArrayList<>()).add(file);
      }
    }

    Set<LocalDate> dates = new HashSet<>();
    mixed.forEach(
        m ->
            dateOf(m.eventTimes().min())
                .datesUntil(dateOf(m.eventTimes().max()).plusDays(1))
                .forEach(dates::add));

    List<LiveFile> split = new ArrayList<>(mixed);
    small.forEach((date, ofDate) -> split.addAll(dates.contains(date) ? ofDate : List.of()));
    boolean isSplit =
        split.size() > dates.size()
            || bytes(split) >= dates.size() * Math.max(1, targetBytes / LEAST_PART);

    List<LiveFile> inputs = new ArrayList<>(isSplit ? split : List.of());
    small.forEach(
        (date, ofDate) -> {
          if (!isSplit || !dates.contains(date)) {
            inputs.addAll(worthwhile(ofDate));
          }
        });

    inputs.sort(Comparator.comparing(LiveFile::path));
    return inputs;
  }

  private static List<LiveFile> worthwhile(List<LiveFile> ofDate) {
    List<LiveFile> files = new ArrayList<>(ofDate);
    files.sort(Comparator.comparingLong(LiveFile::lengthBytes));
    long bytes = bytes(files);

    while (files.size() > 1) {
      long greatest = files.get(files.size() - 1).lengthBytes();
      if (greatest <= GREATEST_RATIO * (bytes - greatest)) {
        return files;
      }
      bytes -= greatest;
      files.remove(files.size() - 1);
    }

    return List.of();
  }

  static LocalDate dateOf(long eventTime) {
    return LocalDate.ofInstant(Instant.ofEpochMilli(eventTime), ZoneOffset.UTC);
  }

  long rows() {
    return inputs.stream().mapToLong(LiveFile::rows).sum();
  }

  long lengthBytes() {
    return bytes(inputs);
  }

  private static long bytes(List<LiveFile> files) {
    return files.stream().mapToLong(LiveFile::lengthBytes).sum();
  }

  /** Tasks that write: each its share of the dates, about a target file each, not too many. */
  int reducers(long targetBytes, int most) {
    long files = (lengthBytes() + targetBytes - 1) / targetBytes;
    return (int) Math.max(1, Math.min(most, files));
  }

  /** The inputs of each task that reads, about so many bytes each. */
  List<List<LiveFile>> splits(long splitBytes) {
    List<List<LiveFile>> splits = new ArrayList<>();
    long bytes = 0;
    for (LiveFile file : inputs) {
      if (splits.isEmpty() || bytes + file.lengthBytes() > splitBytes) {
        splits.add(new ArrayList<>());
        bytes = 0;
      }
      splits.get(splits.size() - 1).add(file);
      bytes += file.lengthBytes();
    }
    return splits;
  }
}
