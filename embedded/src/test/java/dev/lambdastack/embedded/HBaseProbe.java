package dev.lambdastack.embedded;

import java.io.IOException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.util.Bytes;

/** Writes and reads text in tables with the one family {@code f}. */
final class HBaseProbe {
  static final byte[] FAMILY = Bytes.toBytes("f");
  static final byte[] QUALIFIER = Bytes.toBytes("q");

  private HBaseProbe() {}

  static void createTable(Connection connection, TableName name) throws IOException {
    try (Admin admin = connection.getAdmin()) {
      admin.createTable(
          TableDescriptorBuilder.newBuilder(name)
              .setColumnFamily(ColumnFamilyDescriptorBuilder.of(FAMILY))
              .build(),
          new byte[][] {Bytes.toBytes("m")});
    }
  }

  static void put(Connection connection, TableName name, String row, String value)
      throws IOException {
    try (Table table = connection.getTable(name)) {
      table.put(new Put(Bytes.toBytes(row)).addColumn(FAMILY, QUALIFIER, Bytes.toBytes(value)));
    }
  }

  /** The value, or null when there is none. */
  static String find(Connection connection, TableName name, String row) throws IOException {
    try (Table table = connection.getTable(name)) {
      return Bytes.toString(table.get(new Get(Bytes.toBytes(row))).getValue(FAMILY, QUALIFIER));
    }
  }
}
