package dev.lambdastack.batch.master;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.lambdastack.batch.job.Jobs;
import dev.lambdastack.settings.FirstContact;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.settings.files.FileSystemFault;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.zip.ZipException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.InvalidAvroMagicException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.RESTException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.jdbc.UncheckedSQLException;

/**
 * Where the tables of all topics are: the Iceberg catalog that {@code lambda.catalog.*} describes.
 * Without these keys it is the folder {@code lambda.master} on HDFS, where a commit is a rename.
 */
final class MasterCatalog {
  /** The namespace of the topics' tables. */
  static final String EVENTS = "events";

  /** The namespace of the tables of what is no event. */
  static final String DEAD_LETTERS = "dead_letters";

  /** What an option is named that may be shown. */
  private static final Set<String> SHOWN =
      Set.of(
          CatalogUtil.ICEBERG_CATALOG_TYPE,
          CatalogProperties.CATALOG_IMPL,
          CatalogProperties.WAREHOUSE_LOCATION,
          CatalogProperties.URI);

  private final Catalog catalog;
  private final Map<String, String> options;
  private final String place;

  private MasterCatalog(Catalog catalog, Map<String, String> options, String place) {
    this.catalog = catalog;
    this.options = options;
    this.place = place;
  }

  static MasterCatalog open(LambdaConfig config) throws IOException {
    Configuration conf = config.hadoop();
    Map<String, String> options = new TreeMap<>(config.master().catalog());
    String type = options.getOrDefault(CatalogUtil.ICEBERG_CATALOG_TYPE, "");
    boolean isFolder =
        type.equals(CatalogUtil.ICEBERG_CATALOG_TYPE_HADOOP)
            || type.isEmpty() && !options.containsKey(CatalogProperties.CATALOG_IMPL);
    String place = type;
    // What both layers agree on about a topic is there, whatever catalog the tables are in.
    Path folder = folder(conf, config.master().folder());

    if (isFolder) {
      String master =
          options.getOrDefault(CatalogProperties.WAREHOUSE_LOCATION, config.master().folder());
      folder = folder(conf, master);
      place = place(conf, new Path(master), folder);
      options.put(CatalogUtil.ICEBERG_CATALOG_TYPE, CatalogUtil.ICEBERG_CATALOG_TYPE_HADOOP);
      options.put(CatalogProperties.WAREHOUSE_LOCATION, folder.toString());
      if (folder.toUri().getScheme().equals("file")) {
        options.put(CatalogProperties.LOCK_IMPL, LocalLock.class.getName());
      }
    }

    options.putIfAbsent(CatalogProperties.FILE_IO_IMPL, KeepingFileIO.class.getName());
    try {
      return new MasterCatalog(
          CatalogUtil.buildIcebergCatalog("lambda", options, conf), options, place);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (UncheckedSQLException | RESTException e) {
      throw away(place, e);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      throw new InvalidInputException(
          "Cannot open the catalog of lambda.catalog.*: " + e.getMessage(), e);
    }
  }

  private static Path folder(Configuration conf, String master) throws IOException {
    FirstContact.hdfs(conf, master);
    Path root = new Path(master);
    try {
      FileSystem fileSystem = root.getFileSystem(conf);
      checkRenames(conf, master, fileSystem);
      Path qualified = fileSystem.makeQualified(root);
      fileSystem.exists(qualified);
      return qualified;
    } catch (IOException | IllegalArgumentException e) {
      if (e instanceof IllegalArgumentException
          || e instanceof UnsupportedFileSystemException
          || FileSystemFault.isAway(e)) {
        throw unreachable(master, e);
      }
      throw e;
    }
  }

  /** A local folder is often nobody's wish: then which configuration has chosen it. */
  private static String place(Configuration conf, Path root, Path qualified) {
    boolean isChosen = root.toUri().getScheme() != null;
    return isChosen || !"file".equals(qualified.toUri().getScheme())
        ? qualified.toString()
        : "%s (fs.defaultFS is %s)"
            .formatted(qualified, FirstContact.origin(conf, "core", List.of("fs.defaultFS")));
  }

  /**
   * A commit is a rename that fails when the name is taken: HDFS does that in one step. Object
   * stores and gateways do not; a local file system is good for the processes of one machine.
   */
  static void checkRenames(Configuration conf, String master, FileSystem fileSystem) {
    String scheme = fileSystem.getUri().getScheme();
    if (!scheme.equals("hdfs") && !(scheme.equals("file") && Jobs.isLocal(conf))) {
      throw new InvalidInputException(
          "Cannot keep a master dataset in lambda.master=%s: expected a folder on HDFS (or a local one where mapreduce.framework.name=local), found file system '%s', where two runs might both commit; set lambda.master or fs.defaultFS to hdfs://..., or name a catalog by lambda.catalog.type"
              .formatted(master, scheme));
    }
  }

  private static LambdaException unreachable(String master, Exception e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return FileSystemFault.of(
        "Cannot reach the file system of lambda.master=%s: %s; check fs.defaultFS in core-site.xml and that HDFS runs"
            .formatted(master, why.lines().findFirst().orElse(why)),
        e);
  }

  /** What other programs need to find the catalog; nothing that may be secret. */
  Map<String, String> options() {
    Map<String, String> shown = new TreeMap<>(options);
    shown.keySet().retainAll(SHOWN);
    return shown;
  }

  Catalog catalog() {
    return catalog;
  }

  TableIdentifier events(String topic) {
    return TableIdentifier.of(Namespace.of(EVENTS), topic);
  }

  TableIdentifier deadLetters(String topic) {
    return TableIdentifier.of(Namespace.of(DEAD_LETTERS), topic);
  }

  String place(TableIdentifier id) {
    return id + " in " + place;
  }

  void ensureNamespace(Namespace namespace) {
    if (catalog instanceof SupportsNamespaces namespaces
        && !namespaces.namespaceExists(namespace)) {
      try {
        namespaces.createNamespace(namespace);
      } catch (AlreadyExistsException | UncheckedSQLException e) {
        // Another run may have been first, which databases say in their own words.
        if (!namespaces.namespaceExists(namespace)) {
          throw e;
        }
      }
    }
  }

  /**
   * A call to Iceberg, which hides failures of file systems in unchecked exceptions.
   *
   * @throws InvalidInputException when metadata is missing, or not what was written
   */
  <T> T call(Callable<T> call) throws IOException {
    try {
      return call.call();
    } catch (UncheckedIOException e) {
      if (isDamage(e.getCause())) {
        throw damaged(e);
      }
      throw e.getCause();
    } catch (UncheckedSQLException | RESTException e) {
      throw away(place, e);
    } catch (CommitFailedException | CommitStateUnknownException e) {
      throw new UnavailableException(
          "Cannot tell what came of a commit to the tables in %s: %s; run it again: it goes on from what was committed"
              .formatted(place, firstLine(e)),
          e);
    } catch (NotFoundException | ValidationException | AvroRuntimeException e) {
      throw damaged(e);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static LambdaException away(String place, RuntimeException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return new UnavailableException(
        "The catalog of lambda.catalog.* (%s) does not answer: %s"
            .formatted(place, firstLine(cause)),
        e);
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** A file that ends too early, or is of another kind. */
  private static boolean isDamage(IOException e) {
    return e instanceof EOFException
        || e instanceof JsonProcessingException
        || e instanceof InvalidAvroMagicException
        || e instanceof ZipException;
  }

  private InvalidInputException damaged(RuntimeException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new InvalidInputException(
        "Cannot use the tables in %s: their metadata is not what was written: %s; bring it back as it was, from a backup it may be: nothing is read or written until then"
            .formatted(place, why.lines().findFirst().orElse(why)),
        e);
  }
}
