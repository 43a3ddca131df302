package dev.lambdastack.serving.store;

import java.io.IOException;
import org.apache.hadoop.hbase.TableExistsException;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.TableNotFoundException;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.CheckAndMutate;
import org.apache.hadoop.hbase.client.ColumnFamilyDescriptor;
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
 * The table {@code lambda:published}: one row for each view, its key the view's name.
 *
 * <pre>
 * p:pointer              PublishedRow as JSON; changed only together with p:flips
 * p:flips                how many flips made the pointer (8 bytes, big-endian); every flip is a compare-and-set on it,
 *                        and on the presence of p:version.N where it names version N
 * p:version.N            Version as JSON, written when version N is complete, before it is published
 * p:last-version         the greatest number that a version of the view was ever given (8 bytes); none is given twice
 * p:making.N             which run makes version N, from before there is a table until the version is complete
 * p:asof.N               Version as JSON, in place of p:version.N: version N is of a moment in the past, read by its number
 *                        alone, and never published
 * p:verdict.N            what the publish gate found of version N, as JSON
 * p:generation.N         Generation as JSON, written when generation N is opened
 * p:answers.version.N    empty; its HBase timestamp is the time of the last flip that made version N answer
 * p:left.version.N       empty; its HBase timestamp is the time of the last flip from version N to another
 * p:left.generation.N    the same of generation N
 * p:failing.N            Failing as JSON, while the speed job of generation N fails again and again
 * s:N.P                  how far generation N is in partition P: offset (8 bytes), log time in milliseconds (8 bytes);
 *                        its HBase timestamp is the offset plus one, so that the farthest wins whatever the order of writes
 * </pre>
 *
 * Four classes write it: {@link PublishedPointer} what answers, {@link VersionCatalog} what could,
 * {@link GenerationProgress} how far the speed jobs are, and {@link VersionRuns} who makes which
 * version. Each writes its own columns, but for two steps that must be one mutation: {@link
 * VersionRuns#complete} enters a version into the catalog, and {@link VersionCatalog#forget} counts
 * a flip of the pointer and deletes all that is noted of what it forgets. Thread-safe as the
 * connection is; the connection stays the caller's.
 */
public final class PublishedTable {
  public static final TableName NAME = TableName.valueOf(ViewTables.NAMESPACE, "published");

  static final byte[] FAMILY = Bytes.toBytes("p");
  static final byte[] PROGRESS = Bytes.toBytes("s");

  static final byte[] POINTER = Bytes.toBytes("pointer");
  static final byte[] FLIPS = Bytes.toBytes("flips");
  static final byte[] LAST_VERSION = Bytes.toBytes("last-version");

  static final String MAKING = "making.";
  static final String VERSION = "version.";
  static final String AS_OF = "asof.";
  static final String GENERATION = "generation.";
  static final String VERDICT = "verdict.";
  static final String ANSWERS = "answers.";
  static final String LEFT = "left.";
  static final String FAILING = "failing.";

  private final Connection connection;

  public PublishedTable(Connection connection) {
    this.connection = connection;
  }

  /** Creates the table where it is missing; safe to call from many processes at once. */
  public void ensure() throws IOException {
    try (Admin admin = connection.getAdmin()) {
      if (admin.tableExists(NAME)) {
        return;
      }

      ViewTables.ensureNamespace(admin);
      admin.createTable(
          TableDescriptorBuilder.newBuilder(NAME)
              .setColumnFamily(family(FAMILY))
              .setColumnFamily(family(PROGRESS))
              .build());
    } catch (TableExistsException e) {
      // another process was first
    }
  }

  private static ColumnFamilyDescriptor family(byte[] name) {
    return ColumnFamilyDescriptorBuilder.newBuilder(name).setMaxVersions(1).build();
  }

  public PublishedPointer pointer() {
    return new PublishedPointer(this);
  }

  public VersionCatalog catalog() {
    return new VersionCatalog(this);
  }

  public GenerationProgress progress() {
    return new GenerationProgress(this);
  }

  public VersionRuns runs() {
    return new VersionRuns(this);
  }

  static byte[] numbered(String prefix, long number) {
    return Bytes.toBytes(prefix + number);
  }

  /** All columns of a view; none before the table is made. */
  PublishedColumns read(String view) throws IOException {
    return read(new Get(Bytes.toBytes(view)));
  }

  PublishedColumns read(Get get) throws IOException {
    try (Table table = connection.getTable(NAME)) {
      return new PublishedColumns(table.get(get));
    } catch (TableNotFoundException e) {
      // Who only looks may not be allowed to make it.
      return new PublishedColumns(Result.EMPTY_RESULT);
    }
  }

  void put(Put put) throws IOException {
    try (Table table = connection.getTable(NAME)) {
      table.put(put);
    }
  }

  void delete(Delete delete) throws IOException {
    try (Table table = connection.getTable(NAME)) {
      table.delete(delete);
    }
  }

  boolean checkAndMutate(CheckAndMutate mutation) throws IOException {
    try (Table table = connection.getTable(NAME)) {
      return table.checkAndMutate(mutation).isSuccess();
    }
  }

  /** Something to do for each row of a scan. */
  interface EachRow {
    void take(String view, PublishedColumns columns);
  }

  /** No row before the table is made. */
  void scan(Scan scan, EachRow each) throws IOException {
    try (Table table = connection.getTable(NAME);
        ResultScanner scanner = table.getScanner(scan)) {
      for (Result row = scanner.next(); row != null; row = scanner.next()) {
        each.take(Bytes.toString(row.getRow()), new PublishedColumns(row));
      }
    } catch (TableNotFoundException e) {
      // no rows
    }
  }
}
