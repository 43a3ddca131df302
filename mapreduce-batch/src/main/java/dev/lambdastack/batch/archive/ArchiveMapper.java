package dev.lambdastack.batch.archive;

import dev.lambdastack.log.Tick;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.InvalidInputException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapreduce.Mapper;
import org.apache.hadoop.mapreduce.lib.output.FileOutputCommitter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;

/** Reads one range of offsets into files of the task's own, and reports them. */
final class ArchiveMapper
    extends Mapper<NullWritable, List<ConsumerRecord<byte[], byte[]>>, NullWritable, NullWritable> {
  private OffsetRange range;
  private EventDecoder decoder;
  private EventFiles events;
  private DeadLetters deadLetters;
  private long read;
  private long ticks;

  ArchiveMapper() {}

  @Override
  public void run(Context context) throws IOException, InterruptedException {
    Configuration conf = context.getConfiguration();
    ArchiveSettings settings = ArchiveSettings.readFrom(conf);
    range = (OffsetRange) context.getInputSplit();
    TaskFolder folder = folder(context, conf, settings);
    open(folder, LambdaConfig.of(conf), settings);

    TaskReport report;
    try {
      while (context.nextKeyValue()) {
        for (ConsumerRecord<byte[], byte[]> record : context.getCurrentValue()) {
          add(record);
        }
      }
      report = finish();
    } catch (InvalidInputException e) {
      report = TaskReport.refused(range, e.getMessage());
    } catch (OffsetOutOfRangeException e) {
      report =
          TaskReport.refused(
              range,
              String.format(
                  Locale.ROOT,
                  "Cannot archive topic %s: offset %d of partition %d is no longer what it was: %s; retention or an unclean leader election has removed records meanwhile",
                  settings.type().topic(),
                  range.start(),
                  range.partition(),
                  e.getMessage()));
    }

    Path path = folder.report(range);
    try (OutputStream out = path.getFileSystem(conf).create(path, false)) {
      out.write(report.toJson(settings.events(), settings.deadLetters()));
    }
  }

  private TaskFolder folder(Context context, Configuration conf, ArchiveSettings settings)
      throws IOException {
    Path work = ((FileOutputCommitter) context.getOutputCommitter()).getWorkPath();
    String name =
        String.format(
            Locale.ROOT,
            "%d-%s-%d.parquet",
            settings.fromEpoch(),
            range,
            context.getTaskAttemptID().getId());
    return new TaskFolder(work, conf, settings, name);
  }

  private void open(TaskFolder folder, LambdaConfig config, ArchiveSettings settings) {
    decoder = decoder(config, settings);
    deadLetters = new DeadLetters(folder);
    events =
        new EventFiles(
            folder,
            range,
            settings.type().schema(),
            decoder(config, settings),
            config.archive().openDates(),
            config.archive().memoryBytes());
  }

  private static EventDecoder decoder(LambdaConfig config, ArchiveSettings settings) {
    return new EventDecoder(
        settings.schemas(), settings.type(), List.of(), config.log().eventTimeMin());
  }

  private void add(ConsumerRecord<byte[], byte[]> record) throws IOException {
    long appendTime = TopicLog.appendTime(record);
    read++;
    if (Tick.isTick(record.headers())) {
      ticks++;
      return;
    }

    Decoded decoded =
        decoder.decode(record.value(), record.partition(), record.offset(), appendTime);
    if (decoded instanceof DecodedEvent event) {
      events.add(
          record.value(), record.offset(), appendTime, event.eventTime(), !event.isConverted());
    } else if (decoded instanceof Rejection rejection) {
      deadLetters.add(record, rejection);
    }
  }

  private TaskReport finish() throws IOException {
    return new TaskReport(
        range.partition(),
        range.start(),
        range.end(),
        read,
        ticks,
        deadLetters.reasons(),
        events.finish(),
        deadLetters.finish().stream().toList(),
        Optional.empty());
  }
}
