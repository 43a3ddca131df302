import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.avro.AvroFormatFactory;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.util.Collector;

/** Flink's own Avro format, behind the ten bytes of Avro's single-object encoding. */
public final class SingleObjectFormat implements DeserializationFormatFactory {
  private static final int HEADER_BYTES = 10;

  /** When the first record was decoded; {@link System#nanoTime}. */
  static final AtomicLong FIRST = new AtomicLong();

  private final AvroFormatFactory avro = new AvroFormatFactory();

  @Override
  public String factoryIdentifier() {
    return "single-object-avro";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return avro.optionalOptions();
  }

  @Override
  public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    DecodingFormat<DeserializationSchema<RowData>> format =
        avro.createDecodingFormat(context, options);
    return new DecodingFormat<>() {
      @Override
      public DeserializationSchema<RowData> createRuntimeDecoder(
          DynamicTableSource.Context source, DataType type) {
        return new Schema(format.createRuntimeDecoder(source, type));
      }

      @Override
      public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
      }
    };
  }

  private record Schema(DeserializationSchema<RowData> avro)
      implements DeserializationSchema<RowData> {
    @Override
    public void open(InitializationContext context) throws Exception {
      avro.open(context);
    }

    @Override
    public RowData deserialize(byte[] message) throws IOException {
      FIRST.compareAndSet(0, System.nanoTime());
      // A tick of the speed job's is empty.
      return message == null || message.length == 0
          ? null
          : avro.deserialize(Arrays.copyOfRange(message, HEADER_BYTES, message.length));
    }

    @Override
    public void deserialize(byte[] message, Collector<RowData> out) throws IOException {
      RowData row = deserialize(message);
      if (row != null) {
        out.collect(row);
      }
    }

    @Override
    public boolean isEndOfStream(RowData next) {
      return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return avro.getProducedType();
    }
  }
}
