import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;

/** Makes a table, puts a cell, flushes it to HDFS, and prints what a get returns. */
public final class PutGet {
  public static void main(String[] args) throws Exception {
    TableName name = TableName.valueOf("probe");
    byte[] family = "f".getBytes(UTF_8);
    byte[] row = "row".getBytes(UTF_8);

    try (Connection connection = ConnectionFactory.createConnection(HBaseConfiguration.create());
        Admin admin = connection.getAdmin()) {
      admin.createTable(
          TableDescriptorBuilder.newBuilder(name)
              .setColumnFamily(ColumnFamilyDescriptorBuilder.of(family))
              .build());

      try (Table table = connection.getTable(name)) {
        table.put(new Put(row).addColumn(family, row, "a cell of HBase".getBytes(UTF_8)));
        admin.flush(name);
        System.out.println(new String(table.get(new Get(row)).getValue(family, row), UTF_8));
      }
    }
  }
}
