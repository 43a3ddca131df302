package dev.lambdastack.serving.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import org.apache.hadoop.hbase.Cell;
import org.apache.hadoop.hbase.CellUtil;
import org.apache.hadoop.hbase.TableExistsException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.CheckAndMutate;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptorBuilder;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Delete;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.util.Bytes;

/**
 * Dimensions in HBase. Each load of a dimension's topic, from its beginning on, fills a table of
 * its own, which answers when it has caught up once; so what a load began with (schema, topic,
 * which ids there are) never mixes with another's.
 *
 * <pre>
 * lambda:dimensions             one row for each dimension, its key the topic
 *   d:load.N                    load N has a table; the columns that it keeps, in UTF-8 with commas between
 *   d:whole.N                   every record before this time is in load N's table; milliseconds (8 bytes), also its HBase timestamp
 *   d:answers                   the number of the load that answers (8 bytes); changed by compare-and-set, only to greater ones
 * lambda:dim.&lt;topic&gt;.l&lt;N&gt;       one row for each id: 'k' and the id's text in UTF-8
 *   a:&lt;column&gt;                  01 and the text in UTF-8, 00 01 where the newest record has none, 00 where it is a tombstone;
 *                               its HBase timestamp is the record's offset plus one, so that the newest record wins
 *                               whatever the order of writes
 * </pre>
 *
 * Thread-safe as the connection is; the connection stays the caller's.
 */
public final class DimensionStore {
  public static final TableName TABLE = TableName.valueOf(ViewTables.NAMESPACE, "dimensions");

  /** What the names of all loads' tables begin with, in the namespace. */
  public static final String LOADS = "dim.";

  private static final byte[] FAMILY = Bytes.toBytes("d");
  private static final byte[] ANSWERS = Bytes.toBytes("answers");
  private static final String LOAD = "load.";
  private static final String WHOLE = "whole.";
  private static final byte[] ATTRIBUTES = Bytes.toBytes("a");
  private static final byte[] GONE = {0};
  private static final byte[] NONE = {0, 1};
  private static final byte ID = 'k';

  private final Connection connection;

  public DimensionStore(Connection connection) {
    this.connection = connection;
  }

  /**
   * What a record says of an id.
   *
   * @param offset of the record, in the partition of its id
   * @param attributes by column name; a column that is not there has no value; empty for a
   *     tombstone
   */
  public record Change(String id, long offset, Optional<Map<String, String>> attributes) {
    public Change {
      attributes = attributes.map(Map::copyOf);
    }

    /** Of a record that has these. */
    public Change(String id, long offset, Map<String, String> attributes) {
      this(id, offset, Optional.of(attributes));
    }

    private byte[] value(String column) {
      return attributes.map(a -> DimensionStore.value(a.get(column))).orElse(GONE);
    }
  }

  /**
   * The load that answers for a dimension.
   *
   * @param columns all that it keeps
   * @param wholeUpTo every record that Kafka took before is in the table
   */
  public record Answering(long load, TableName table, List<String> columns, Instant wholeUpTo) {}

  /** More ids than a reader takes. */
  public static final class TooManyException extends IOException {
    private static final long serialVersionUID = 1L;

    TooManyException(String message) {
      super(message);
    }
  }

  public static TableName table(String dimension, long load) {
    return TableName.valueOf(ViewTables.NAMESPACE, LOADS + dimension + ".l" + load);
  }

  /**
   * Opens the next load: a number and an empty table that belong to the caller alone.
   *
   * @param columns all that it keeps
   */
  public long open(String dimension, List<String> columns) throws IOException {
    ensureTable();
    byte[] row = Bytes.toBytes(dimension);
    while (true) {
      long number = loads(get(dimension)).stream().mapToLong(Long::longValue).max().orElse(0) + 1;
      byte[] qualifier = Bytes.toBytes(LOAD + number);
      Put put = new Put(row).addColumn(FAMILY, qualifier, Bytes.toBytes(String.join(",", columns)));
      try (Table table = connection.getTable(TABLE)) {
        if (table
            .checkAndMutate(
                CheckAndMutate.newBuilder(row).ifNotExists(FAMILY, qualifier).build(put))
            .isSuccess()) {
          create(table(dimension, number), ATTRIBUTES);
          return number;
        }
      }
    }
  }

  private void ensureTable() throws IOException {
    try (Admin admin = connection.getAdmin()) {
      ViewTables.ensureNamespace(admin);
      if (admin.tableExists(TABLE)) {
        return;
      }
    }
    try {
      create(TABLE, FAMILY);
    } catch (TableExistsException e) {
      // another process was first
    }
  }

  private void create(TableName name, byte[] family) throws IOException {
    try (Admin admin = connection.getAdmin()) {
      admin.createTable(
          TableDescriptorBuilder.newBuilder(name)
              .setColumnFamily(
                  ColumnFamilyDescriptorBuilder.newBuilder(family).setMaxVersions(1).build())
              .build());
    }
  }

  /**
   * Writes what records say; durable on return. Any order and any repetition gives the same rows.
   *
   * @param columns all that the load keeps
   * @throws TableNotFoundException when a later load has taken over and this one was dropped
   */
  public void put(String dimension, long load, List<String> columns, List<Change> changes)
      throws IOException {
    List<Put> puts = new ArrayList<>(changes.size());
    for (Change change : changes) {
      Put put = new Put(rowKey(change.id()));
      for (String column : columns) {
        put.addColumn(ATTRIBUTES, Bytes.toBytes(column), change.offset() + 1, change.value(column));
      }
      puts.add(put);
    }

    TableName name = table(dimension, load);
    try (Table table = connection.getTable(name);
        Admin admin = connection.getAdmin()) {
      try {
        table.put(puts);
      } catch (IOException e) {
        // HBase wraps it in one fault for each server.
        if (!admin.tableExists(name)) {
          throw new TableNotFoundException(name);
        }
        throw e;
      }
    }
  }

  private static byte[] rowKey(String id) {
    byte[] utf8 = id.getBytes(StandardCharsets.UTF_8);
    byte[] row = new byte[1 + utf8.length];
    row[0] = ID;
    System.arraycopy(utf8, 0, row, 1, utf8.length);
    return row;
  }

  private static String text(byte[] value) {
    return new String(value, 1, value.length - 1, StandardCharsets.UTF_8);
  }

  private static byte[] value(String text) {
    if (text == null) {
      return NONE;
    }
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    byte[] value = new byte[1 + utf8.length];
    value[0] = 1;
    System.arraycopy(utf8, 0, value, 1, utf8.length);
    return value;
  }

  /**
   * Says that every record before the time is in the load's table, and lets the load answer from
   * now on. Drops the loads before the one that answered until now.
   *
   * @return false when a later load answers already: this one is of no more use
   */
  public boolean whole(String dimension, long load, Instant time) throws IOException {
    byte[] row = Bytes.toBytes(dimension);
    long millis = time.toEpochMilli();
    try (Table table = connection.getTable(TABLE)) {
      table.put(
          new Put(row)
              .addColumn(FAMILY, Bytes.toBytes(WHOLE + load), millis, Bytes.toBytes(millis)));

      while (true) {
        Result known = get(dimension);
        byte[] answers = known.getValue(FAMILY, ANSWERS);
        if (answers != null && Bytes.toLong(answers) >= load) {
          return Bytes.toLong(answers) == load;
        }

        CheckAndMutate.Builder check = CheckAndMutate.newBuilder(row);
        Put put = new Put(row).addColumn(FAMILY, ANSWERS, Bytes.toBytes(load));
        if (table
            .checkAndMutate(
                (answers == null
                        ? check.ifNotExists(FAMILY, ANSWERS)
                        : check.ifEquals(FAMILY, ANSWERS, answers))
                    .build(put))
            .isSuccess()) {
          dropBefore(dimension, load, answers == null ? load : Bytes.toLong(answers), known);
          return true;
        }
      }
    }
  }

  /** Whoever still reads the load that answered until now may go on. */
  private void dropBefore(String dimension, long load, long kept, Result known) throws IOException {
    for (long old : loads(known)) {
      if (old < load && old != kept) {
        drop(dimension, old);
      }
    }
  }

  private void drop(String dimension, long load) throws IOException {
    try (Admin admin = connection.getAdmin();
        Table table = connection.getTable(TABLE)) {
      TableName name = table(dimension, load);
      if (admin.tableExists(name)) {
        if (admin.isTableEnabled(name)) {
          admin.disableTable(name);
        }
        admin.deleteTable(name);
      }
      table.delete(
          new Delete(Bytes.toBytes(dimension))
              .addColumns(FAMILY, Bytes.toBytes(LOAD + load))
              .addColumns(FAMILY, Bytes.toBytes(WHOLE + load)));
    }
  }

  /** What answers for the dimension now; empty before a load has caught up. One Get. */
  public Optional<Answering> find(String dimension) throws IOException {
    Result known;
    try {
      known = get(dimension);
    } catch (TableNotFoundException e) {
      return Optional.empty();
    }

    byte[] answers = known.getValue(FAMILY, ANSWERS);
    if (answers == null) {
      return Optional.empty();
    }

    long load = Bytes.toLong(answers);
    String columns = Bytes.toString(known.getValue(FAMILY, Bytes.toBytes(LOAD + load)));
    byte[] whole = known.getValue(FAMILY, Bytes.toBytes(WHOLE + load));

    return Optional.of(
        new Answering(
            load,
            table(dimension, load),
            List.of(columns.split(",")),
            Instant.ofEpochMilli(Bytes.toLong(whole))));
  }

  /**
   * The values of some attributes by id, for each attribute: empty where the dimension has the id
   * but no attribute of it; ids that it does not have are left out. Each row is read once.
   *
   * @param most how many ids there may be
   * @throws TableNotFoundException when a later load has taken over and this one was dropped
   */
  public Map<String, Map<String, Optional<String>>> attributes(
      TableName dimension, List<String> attributes, int most) throws IOException {
    Map<String, Map<String, Optional<String>>> values = new HashMap<>();
    Scan scan = new Scan().setCaching(1000);
    for (String attribute : attributes) {
      values.put(attribute, new HashMap<>());
      scan.addColumn(ATTRIBUTES, Bytes.toBytes(attribute));
    }

    int rows = 0;
    try (Table table = connection.getTable(dimension);
        ResultScanner scanner = table.getScanner(scan)) {
      for (Result row = scanner.next(); row != null; row = scanner.next()) {
        if (++rows > most) {
          throw new TooManyException("more than " + most + " rows in " + dimension);
        }
        byte[] key = row.getRow();
        String id = new String(key, 1, key.length - 1, StandardCharsets.UTF_8);
        for (Cell cell : row.rawCells()) {
          byte[] value = CellUtil.cloneValue(cell);
          if (!Arrays.equals(value, GONE)) {
            values
                .get(Bytes.toString(CellUtil.cloneQualifier(cell)))
                .put(id, Arrays.equals(value, NONE) ? Optional.empty() : Optional.of(text(value)));
          }
        }
      }
    }
    return values;
  }

  private Result get(String dimension) throws IOException {
    try (Table table = connection.getTable(TABLE)) {
      return table.get(new Get(Bytes.toBytes(dimension)));
    }
  }

  private static List<Long> loads(Result known) {
    NavigableMap<byte[], byte[]> family = known.getFamilyMap(FAMILY);
    if (family == null) {
      return List.of();
    }
    return family.keySet().stream()
        .map(Bytes::toString)
        .filter(name -> name.startsWith(LOAD))
        .map(name -> Long.valueOf(name.substring(LOAD.length())))
        .toList();
  }
}
