package dev.lambdastack.speed.source;

import dev.lambdastack.log.Tick;
import dev.lambdastack.log.TopicLog;
import dev.lambdastack.speed.message.Envelope;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Every record into an envelope, none left out and none decoded: what cannot be decoded moves log
 * time like any other. A record that its producer stamped ends the job.
 */
final class EnvelopeDeserializer implements KafkaRecordDeserializationSchema<Envelope> {
  private static final long serialVersionUID = 1L;

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> kafka, Collector<Envelope> out) {
    long appendTime;
    try {
      appendTime = TopicLog.appendTime(kafka);
    } catch (RuntimeException refused) {
      throw new SuppressRestartsException(refused);
    }

    out.collect(
        new Envelope(
            kafka.partition(),
            kafka.offset(),
            appendTime,
            Tick.isTick(kafka.headers()),
            kafka.value()));
  }

  @Override
  public TypeInformation<Envelope> getProducedType() {
    return Envelope.TYPE;
  }
}
