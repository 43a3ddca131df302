package dev.lambdastack.batch.recompute;

import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.ColumnBatch;
import dev.lambdastack.views.aggregate.ColumnarAggregation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.hbase.io.ImmutableBytesWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Mapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows of the master dataset to the row keys and aggregates of all views of the pass, in bounded
 * memory: when it is full, the largest view's are given away and begin anew; whoever takes them
 * merges.
 */
final class AggregatingMapper
    extends Mapper<NullWritable, RowGroup, ImmutableBytesWritable, BytesWritable> {
  /** Measuring takes time in proportion to the groups; so many rows pass in between at least. */
  private static final int ROWS_BETWEEN_MEASURES = 32_768;

  private static final Logger LOG = LoggerFactory.getLogger(AggregatingMapper.class);

  /** One view's rows and groups. */
  private static final class Part {
    private final int view;
    private final Optional<PassPlan.Increment> increment;
    private final ColumnarAggregation aggregation;
    private final int[] rows = new int[ColumnBatch.CAPACITY];
    private final boolean[] old = new boolean[ColumnBatch.CAPACITY];

    Part(int view, Optional<PassPlan.Increment> increment, ColumnarAggregation aggregation) {
      this.view = view;
      this.increment = increment;
      this.aggregation = aggregation;
    }

    void add(ColumnBatch batch) {
      if (increment.isEmpty()) {
        aggregation.add(batch);
        return;
      }
      PassPlan.Increment i = increment.get();
      int count = i.touched().select(batch.eventTimes(), batch.size(), rows);
      for (int j = 0; j < count; j++) {
        int row = rows[j];
        old[row] = i.isOld(batch.partitions()[row], batch.offsets()[row]);
      }
      aggregation.add(batch, rows, count, old);
    }
  }

  private final ImmutableBytesWritable outKey = new ImmutableBytesWritable();
  private final BytesWritable outValue = new BytesWritable();
  private List<View> views;
  private TaskNotes notes;
  private List<Part> parts;
  private Optional<Map<Integer, Long>> before;
  private ColumnBatch batch;
  private long memoryBytes;
  private long untilMeasure = ROWS_BETWEEN_MEASURES;
  private long rows;
  private long rejected;
  private long spills;

  AggregatingMapper() {}

  @Override
  protected void setup(Context context) throws IOException {
    Pass pass = Pass.of(context.getConfiguration());
    Projection projection = pass.projection();

    memoryBytes = LambdaConfig.of(context.getConfiguration()).recompute().memoryBytes();
    batch = ColumnBatch.of(projection.type(), projection.columns());
    before = pass.plan().before();
    views = pass.views();
    notes = Pass.notes(context.getConfiguration());

    parts = new ArrayList<>();
    for (View view : views) {
      int number = parts.size();
      parts.add(
          new Part(
              number,
              pass.plan().views().get(number).increment(),
              new ColumnarAggregation(view, projection.columns())));
    }
  }

  @Override
  protected void map(NullWritable key, RowGroup group, Context context)
      throws IOException, InterruptedException {
    while (group.next(batch)) {
      untilMeasure -= batch.size();
      before.ifPresent(this::dropRowsBehind);
      int none = group.rejected().count(this::isCounted);
      rejected += none;
      rows += batch.size() + none;
      add(batch);

      if (untilMeasure <= 0) {
        measure(context);
        context.progress();
      }
    }
  }

  private void add(ColumnBatch rowsToCount) throws IOException {
    try {
      parts.forEach(part -> part.add(rowsToCount));
    } catch (InvalidInputException e) {
      notes.refuse(e.getMessage());
      throw e;
    }
  }

  private void dropRowsBehind(Map<Integer, Long> ends) {
    batch.retain(row -> isBefore(ends, batch.partitions()[row], batch.offsets()[row]));
  }

  private boolean isCounted(int partition, long offset) {
    return before.isEmpty() || isBefore(before.get(), partition, offset);
  }

  private static boolean isBefore(Map<Integer, Long> ends, int partition, long offset) {
    return offset < ends.getOrDefault(partition, 0L);
  }

  private void measure(Context context) throws IOException, InterruptedException {
    long bytes = parts.stream().mapToLong(p -> p.aggregation.sizeBytes()).sum();
    long groups = parts.stream().mapToLong(p -> p.aggregation.size()).sum();
    if (bytes > memoryBytes) {
      spills++;
      emit(
          parts.stream()
              .max(Comparator.comparingLong(p -> p.aggregation.sizeBytes()))
              .orElseThrow(),
          context);
    }
    untilMeasure = Math.max(ROWS_BETWEEN_MEASURES, Math.min(groups, 20 * ROWS_BETWEEN_MEASURES));
  }

  private void emit(Part part, Context context) throws IOException, InterruptedException {
    part.aggregation.drain(
        (rowKey, value, old) -> {
          outKey.set(CellKey.of(part.view, rowKey));
          byte[] bytes = PartialValue.of(old, value);
          outValue.set(bytes, 0, bytes.length);
          context.write(outKey, outValue);
        });
  }

  private void countForRules(Part part, Context context) {
    String name = views.get(part.view).name();
    long[] meeting = part.aggregation.meeting();
    if (meeting.length > 0) {
      context.getCounter(RecomputeCounter.COUNTED, name).increment(part.aggregation.counted());
    }
    for (int i = 0; i < meeting.length; i++) {
      context
          .getCounter(RecomputeCounter.meeting(name), RecomputeCounter.ofShare(i))
          .increment(meeting[i]);
    }
  }

  private void countSetAside(Part part, Context context) {
    long count = part.aggregation.setAside();
    if (count > 0) {
      String name = views.get(part.view).name();
      context.getCounter(RecomputeCounter.SET_ASIDE, name).increment(count);
      part.aggregation.whySetAside().forEach(why -> LOG.warn("Set aside: {}", why));
    }
  }

  @Override
  protected void cleanup(Context context) throws IOException, InterruptedException {
    List<String> setAside = new ArrayList<>();
    for (Part part : parts) {
      emit(part, context);
      countForRules(part, context);
      countSetAside(part, context);
      setAside.add(part.aggregation.whySetAside().stream().findFirst().orElse(""));
    }
    notes.tellSetAside(context.getTaskAttemptID().toString(), setAside);
    context.getCounter(RecomputeCounter.ROWS).increment(rows);
    context.getCounter(RecomputeCounter.REJECTED).increment(rejected);
    context.getCounter(RecomputeCounter.SPILLS).increment(spills);
  }
}
