package dev.lambdastack.serving.store;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.hbase.TableExistsException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.util.Bytes;

/**
 * The table {@code lambda:alerts}: one row for each alert, its key the alert's id (rule, key, and
 * where the record stands that raised it), so that one rule's alerts, and one key's of a rule,
 * stand together. Family {@code a}, one column for each field, all texts; HBase timestamps are the
 * append time of the record that raised the alert: writing an alert again changes nothing.
 *
 * <p>Thread-safe as the connection is; the connection stays the caller's.
 */
public final class AlertStore {
  public static final TableName TABLE = TableName.valueOf(ViewTables.NAMESPACE, "alerts");

  private static final byte[] FAMILY = Bytes.toBytes("a");

  private final Connection connection;

  public AlertStore(Connection connection) {
    this.connection = connection;
  }

  /**
   * What a rule found.
   *
   * @param id the same whenever the record that raised it is read
   * @param topic where the record stands that raised it, with partition and offset
   * @param appendTimeMillis of that record
   */
  public record Alert(
      String id,
      String rule,
      String key,
      String message,
      String topic,
      int partition,
      long offset,
      Instant eventTime,
      long appendTimeMillis) {}

  /** Creates the table where it is missing; safe to call from many processes at once. */
  public void ensureTable() throws IOException {
    try (Admin admin = connection.getAdmin()) {
      ViewTables.ensureNamespace(admin);
      if (!admin.tableExists(TABLE)) {
        admin.createTable(
            TableDescriptorBuilder.newBuilder(TABLE)
                .setColumnFamily(
                    ColumnFamilyDescriptorBuilder.newBuilder(FAMILY).setMaxVersions(1).build())
                .build());
      }
    } catch (TableExistsException e) {
      // another process was first
    }
  }

  /** Writes alerts; durable on return. */
  public void put(List<Alert> alerts) throws IOException {
    List<Put> puts = new ArrayList<>();
    for (Alert alert : alerts) {
      Put put = new Put(Bytes.toBytes(alert.id()));
      add(put, alert, "rule", alert.rule());
      add(put, alert, "key", alert.key());
      add(put, alert, "message", alert.message());
      add(put, alert, "topic", alert.topic());
      add(put, alert, "partition", Integer.toString(alert.partition()));
      add(put, alert, "offset", Long.toString(alert.offset()));
      add(put, alert, "event_time", alert.eventTime().toString());
      puts.add(put);
    }
    try (Table table = connection.getTable(TABLE)) {
      table.put(puts);
    }
  }

  private static void add(Put put, Alert alert, String column, String value) {
    put.addColumn(FAMILY, Bytes.toBytes(column), alert.appendTimeMillis(), Bytes.toBytes(value));
  }

  /** All alerts, by id; none before the table is made. */
  public List<Alert> all() throws IOException {
    List<Alert> alerts = new ArrayList<>();
    try (Table table = connection.getTable(TABLE);
        ResultScanner scanner = table.getScanner(new Scan().addFamily(FAMILY))) {
      for (Result row = scanner.next(); row != null; row = scanner.next()) {
        alerts.add(
            new Alert(
                Bytes.toString(row.getRow()),
                text(row, "rule"),
                text(row, "key"),
                text(row, "message"),
                text(row, "topic"),
                Integer.parseInt(text(row, "partition")),
                Long.parseLong(text(row, "offset")),
                Instant.parse(text(row, "event_time")),
                row.rawCells()[0].getTimestamp()));
      }
    } catch (TableNotFoundException e) {
      return List.of();
    }
    return alerts;
  }

  private static String text(Result row, String column) {
    return Bytes.toString(row.getValue(FAMILY, Bytes.toBytes(column)));
  }
}
