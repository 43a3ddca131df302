package dev.lambdastack.batch.master;

import dev.lambdastack.views.EventShape;
import dev.lambdastack.views.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.avro.AvroSchemaConverter;
import org.apache.parquet.avro.AvroWriteSupport;

/** The columns of the master dataset's files. */
public final class FileSchema {
  /** The Kafka partition that the event stood in. */
  public static final String PARTITION = "_partition";

  /** The offset at which the event stood. */
  public static final String OFFSET = "_offset";

  /** When the broker appended the event, milliseconds since 1970. */
  public static final String APPEND_TIME = "_append_time";

  /** CRC-64-AVRO of the schema that the event was written with. */
  public static final String WRITER_SCHEMA = "_writer_schema";

  /**
   * The record's value as the producer sent it; null where it was written with the pinned schema,
   * so that the columns say all of it.
   */
  public static final String RAW = "_raw";

  /** A record that is no event: its bytes, where it stood, and why. */
  public static final Schema DEAD_LETTER =
      SchemaBuilder.record("DeadLetter")
          .namespace("dev.lambdastack.master")
          .fields()
          .requiredInt("partition")
          .requiredLong("offset")
          .name("append_time")
          .type(timestamp())
          .noDefault()
          .optionalBytes("key")
          .optionalBytes("value")
          .name("headers")
          .type()
          .array()
          .items()
          .record("Header")
          .fields()
          .requiredString("name")
          .optionalBytes("value")
          .endRecord()
          .noDefault()
          .requiredString("reason")
          .requiredString("detail")
          .endRecord();

  private static final List<String> OWN =
      List.of(PARTITION, OFFSET, APPEND_TIME, WRITER_SCHEMA, RAW);

  private FileSchema() {}

  /**
   * The event's own fields, in their order, then ours.
   *
   * @param topic for the message
   * @throws InvalidInputException when the event has a field of our name, or is of a shape that
   *     Parquet does not have
   */
  public static Schema of(String topic, Schema pinned) {
    List<Schema.Field> fields = new ArrayList<>();

    EventShape.problem(pinned)
        .ifPresent(
            problem -> {
              throw new InvalidInputException(
                  "Cannot archive topic %s: %s has no form in Parquet: %s"
                      .formatted(topic, pinned.getFullName(), problem));
            });

    for (Schema.Field field : pinned.getFields()) {
      if (OWN.contains(field.name()) || field.aliases().stream().anyMatch(OWN::contains)) {
        throw new InvalidInputException(
            "Cannot archive topic %s: field '%s' of %s has a name or an alias that the archive uses (%s); rename it"
                .formatted(topic, field.name(), pinned.getFullName(), String.join(", ", OWN)));
      }
      fields.add(new Schema.Field(field, field.schema()));
    }

    Schema bytes = SchemaBuilder.builder().bytesType();
    Schema number = SchemaBuilder.builder().longType();
    fields.add(new Schema.Field(PARTITION, SchemaBuilder.builder().intType()));
    fields.add(new Schema.Field(OFFSET, number));
    fields.add(new Schema.Field(APPEND_TIME, timestamp()));
    fields.add(new Schema.Field(WRITER_SCHEMA, number));
    fields.add(
        new Schema.Field(RAW, SchemaBuilder.unionOf().nullType().and().type(bytes).endUnion()));

    Schema schema =
        Schema.createRecord(
            pinned.getName(), pinned.getDoc(), pinned.getNamespace(), false, fields);

    try {
      new AvroSchemaConverter(parquet(new Configuration(false))).convert(schema);
    } catch (RuntimeException e) {
      throw new InvalidInputException(
          "Cannot archive topic %s: %s has no form in Parquet: %s"
              .formatted(topic, pinned.getFullName(), e.getMessage()),
          e);
    }

    return schema;
  }

  /** The configuration with the choices of how Avro's types are written. */
  public static Configuration parquet(Configuration conf) {
    Configuration copy = new Configuration(conf);
    // Lists whose items may be null have no other form.
    copy.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    return copy;
  }

  private static Schema timestamp() {
    return LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
  }
}
