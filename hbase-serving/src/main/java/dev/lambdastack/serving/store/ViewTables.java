package dev.lambdastack.serving.store;

import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Generation;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.hbase.HConstants;
import org.apache.hadoop.hbase.NamespaceDescriptor;
import org.apache.hadoop.hbase.NamespaceExistException;
import org.apache.hadoop.hbase.TableExistsException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotEnabledException;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.TableDescriptor;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.regionserver.BloomType;

/** Names and descriptors of the tables of views. */
public final class ViewTables {
  /** The HBase namespace of every table of the stack. */
  public static final String NAMESPACE = "lambda";

  private static final String SCHEMA = "lambda.pinned-schema";

  private ViewTables() {}

  public static TableName batch(String view, long version) {
    return TableName.valueOf(NAMESPACE, view + ".v" + version);
  }

  public static TableName speed(String view, long generation) {
    return TableName.valueOf(NAMESPACE, view + ".speed.g" + generation);
  }

  /** Creates the namespace where it is missing; safe to call from many processes at once. */
  public static void ensureNamespace(Admin admin) throws IOException {
    if (Arrays.asList(admin.listNamespaces()).contains(NAMESPACE)) {
      return;
    }
    try {
      admin.createNamespace(NamespaceDescriptor.create(NAMESPACE).build());
    } catch (NamespaceExistException e) {
      // another process was first
    }
  }

  /**
   * Creates the empty table of a version that is not yet published, split at these row keys.
   *
   * @param schema fingerprint of the pinned schema that its cells are computed by; copies of the
   *     table say so too
   * @return false when a table of this number exists already: it is another run's
   */
  public static boolean createBatch(
      Admin admin, String view, long version, byte[][] splits, String schema) throws IOException {
    TableDescriptor table =
        TableDescriptorBuilder.newBuilder(batch(view, version))
            .setValue(SCHEMA, schema)
            .setColumnFamily(
                ColumnFamilyDescriptorBuilder.newBuilder(Cell.batchFamily())
                    .setMaxVersions(1)
                    .setBloomFilterType(BloomType.ROW)
                    .build())
            .build();
    return create(admin, table, splits);
  }

  /** The pinned schema that a batch table says its cells were computed by. */
  public static Optional<String> schema(TableDescriptor table) {
    return Optional.ofNullable(table.getValue(SCHEMA));
  }

  /**
   * Creates the table of a generation; its cells live as long as the generation's retention says.
   */
  public static boolean createSpeed(Admin admin, Generation generation, int regions)
      throws IOException {
    TableDescriptor table =
        TableDescriptorBuilder.newBuilder(TableName.valueOf(generation.table()))
            .setColumnFamily(
                ColumnFamilyDescriptorBuilder.newBuilder(Cell.speedFamily())
                    .setMaxVersions(1)
                    .setTimeToLive(timeToLive(generation.retention()))
                    .setBloomFilterType(BloomType.ROW)
                    .build())
            .build();
    return create(admin, table, saltSplits(generation.shape(), regions));
  }

  /** In seconds; what HBase cannot count is forever. */
  private static int timeToLive(Duration retention) {
    return (int) Math.min(HConstants.FOREVER, Math.max(1, retention.toSeconds()));
  }

  private static boolean create(Admin admin, TableDescriptor table, byte[][] splits)
      throws IOException {
    ensureNamespace(admin);
    try {
      if (splits.length == 0) {
        admin.createTable(table);
      } else {
        admin.createTable(table, splits);
      }
      return true;
    } catch (TableExistsException e) {
      return false;
    }
  }

  /** Drops a table; none is harmless. */
  public static void drop(Admin admin, TableName table) throws IOException {
    try {
      if (admin.isTableEnabled(table)) {
        admin.disableTable(table);
      }
      admin.deleteTable(table);
    } catch (TableNotFoundException e) {
      // gone already
    } catch (TableNotEnabledException e) {
      // somebody else disabled it meanwhile
      admin.deleteTable(table);
    }
  }

  /**
   * Row keys that cut the view's salts into about this many equal parts, at most one for each salt.
   */
  public static byte[][] saltSplits(ViewShape shape, int regions) {
    int parts = Math.min(regions, shape.saltBuckets());
    return IntStream.range(1, parts)
        .mapToObj(i -> new byte[] {(byte) (i * shape.saltBuckets() / parts)})
        .toArray(byte[][]::new);
  }
}
