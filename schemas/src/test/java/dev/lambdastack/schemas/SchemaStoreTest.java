package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lambdastack.events.ads.AdSpend;
import dev.lambdastack.events.alerts.Alert;
import dev.lambdastack.events.health.HealthProbe;
import dev.lambdastack.events.payments.CardTransaction;
import dev.lambdastack.events.retail.Customer;
import dev.lambdastack.events.retail.Order;
import dev.lambdastack.events.retail.Product;
import dev.lambdastack.events.sensors.SensorReading;
import dev.lambdastack.views.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaStoreTest {
  private static final String CLICK =
      """
      {"type":"record","name":"Click","namespace":"user.own","fields":[
       {"name":"user","type":"string"},
       {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}""";

  private static final SchemaStore OURS = SchemaStore.load(SchemaStoreTest.class.getClassLoader());

  @TempDir Path temp;

  @Test
  void holdsTheSchemasOfThisModule() {
    Map<String, String> fingerprints = new TreeMap<>();
    OURS.all()
        .forEach(
            v ->
                fingerprints.put(
                    v.toString(), String.format(Locale.ROOT, "%016x", v.fingerprint())));
    // An edit of a version that was used changes its fingerprint, and loses the events written with
    // it.
    assertThat(fingerprints)
        .isEqualTo(
            Map.of(
                "AdSpend v1",
                "0f83e2ee41f7d0c1",
                "Alert v1",
                "ffde5cda6d9f9a19",
                "CardTransaction v1",
                "73c824dc00f6345c",
                "Customer v1",
                "48c35c41b353a178",
                "HealthProbe v1",
                "46a6079c28bf5f0d",
                "Order v1",
                "6f1d897afd0c7761",
                "Product v1",
                "7b7aed2292b677b4",
                "SensorReading v1",
                "cc58d83bde4e41c8"));
  }

  @Test
  void producerClassesAreGeneratedFromTheNewestVersions() {
    for (Schema generated :
        List.of(
            Order.getClassSchema(),
            Customer.getClassSchema(),
            Product.getClassSchema(),
            SensorReading.getClassSchema(),
            AdSpend.getClassSchema(),
            Alert.getClassSchema(),
            CardTransaction.getClassSchema(),
            HealthProbe.getClassSchema())) {
      List<SchemaVersion> versions = OURS.versions(generated.getFullName());
      assertThat(versions.get(versions.size() - 1).fingerprint())
          .isEqualTo(SchemaNormalization.parsingFingerprint64(generated));
    }
    assertThat(OURS.all().stream().map(SchemaVersion::fullName).distinct()).hasSize(8);
  }

  @Test
  void findsByFingerprintAndByNameAndVersion() {
    Schema order = OURS.find("dev.lambdastack.events.retail.Order", 1);
    long fingerprint = SchemaNormalization.parsingFingerprint64(order);
    assertThat(OURS.findByFingerprint(fingerprint)).isEqualTo(order);
    assertThat(OURS.find(fingerprint).orElseThrow().version()).isEqualTo(1);
    assertThat(OURS.findByFingerprint(1)).isNull();
    assertThat(OURS.find(1)).isEmpty();
    assertThat(OURS.versions("no.Such")).isEmpty();
    assertThatThrownBy(() -> OURS.find("dev.lambdastack.events.retail.Order", 9))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("Order version 9")
        .hasMessageContaining("dev.lambdastack.events.retail.Order [1]");
    assertThatThrownBy(() -> SchemaStore.of(List.of()).find("a.B", 1))
        .hasMessageContaining("avro/<name>.v<number>.avsc");
  }

  private URL jar(String name, Map<String, String> files) throws Exception {
    Path file = temp.resolve(name);
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
      jar.putNextEntry(new ZipEntry("avro/"));
      for (Map.Entry<String, String> entry : files.entrySet()) {
        jar.putNextEntry(new ZipEntry(entry.getKey()));
        jar.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
    return file.toUri().toURL();
  }

  private URL folder(String name, Map<String, String> files) throws Exception {
    Path folder = temp.resolve(name);
    for (Map.Entry<String, String> entry : files.entrySet()) {
      Path file = folder.resolve(entry.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, entry.getValue());
    }
    return folder.toUri().toURL();
  }

  private static String renamed(String name) {
    return CLICK.replace("Click", name);
  }

  @Test
  void findsTheSchemasOfAUsersJarsAndFoldersBesideOurs() throws Exception {
    URL[] path = {
      jar(
          "a jar.jar",
          Map.of("avro/click.v1.avsc", CLICK, "avro/deep/tap.v1.avsc", renamed("Tap"))),
      jar(
          "other.jar",
          Map.of("avro/swipe.v3.avsc", renamed("Swipe"), "avro/README.md", "no schema")),
      folder("a folder", Map.of("avro/more/pinch.v1.avsc", renamed("Pinch")))
    };
    try (URLClassLoader loader = new URLClassLoader(path, getClass().getClassLoader())) {
      SchemaStore store = SchemaStore.load(loader);
      for (String name : List.of("Click", "Tap", "Pinch")) {
        assertThat(store.find("user.own." + name, 1).getName()).isEqualTo(name);
      }
      assertThat(store.find("user.own.Swipe", 3).getName()).isEqualTo("Swipe");
      assertThat(store.find("dev.lambdastack.events.retail.Order", 1)).isNotNull();
      assertThat(store.all()).hasSize(12);
    }
  }

  @Test
  void worksWithoutOurJarAndWithoutAnySchema() throws Exception {
    URL[] path = {jar("only.jar", Map.of("avro/click.v1.avsc", CLICK))};
    try (URLClassLoader loader = new URLClassLoader(path, null)) {
      assertThat(SchemaStore.load(loader).all()).hasSize(1);
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[0], null)) {
      assertThat(SchemaStore.load(loader).all()).isEmpty();
    }
  }

  @Test
  void theSameFileTwiceIsTakenOnce() throws Exception {
    URL[] path = {
      jar("one.jar", Map.of("avro/click.v1.avsc", CLICK)),
      jar("two.jar", Map.of("avro/click.v1.avsc", CLICK))
    };
    try (URLClassLoader loader = new URLClassLoader(path, null)) {
      assertThat(SchemaStore.load(loader).all()).hasSize(1);
    }
  }

  @Test
  void twoSchemasForOneVersionAreRefusedWithBothPlaces() throws Exception {
    URL[] path = {
      jar("one.jar", Map.of("avro/click.v1.avsc", CLICK)),
      jar("two.jar", Map.of("avro/click.v1.avsc", CLICK.replace("\"user\"", "\"person\"")))
    };
    try (URLClassLoader loader = new URLClassLoader(path, null)) {
      assertThatThrownBy(() -> SchemaStore.load(loader))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("one.jar!/avro/click.v1.avsc")
          .hasMessageContaining("two.jar!/avro/click.v1.avsc");
    }
  }

  @Test
  void aFileThatIsNoVersionIsRefused() throws Exception {
    URL[] path = {jar("one.jar", Map.of("avro/click.avsc", CLICK))};
    try (URLClassLoader loader = new URLClassLoader(path, null)) {
      assertThatThrownBy(() -> SchemaStore.load(loader))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("one.jar!/avro/click.avsc")
          .hasMessageContaining("order.v1.avsc");
    }
  }

  /** Avro's fingerprint leaves defaults and aliases out, and readers go by them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "'name':'n','type':'int','default':0 | 'name':'n','type':'int','default':1 | true",
        "'name':'n','type':'int' | 'name':'n','type':'int','default':0 | true",
        "'name':'n','type':'int' | 'name':'n','type':'int','aliases':['m'] | true",
        "'name':'n','type':{'type':'enum','name':'Kind','symbols':['A','B']} | 'name':'n','type':{'type':'enum','name':'Kind','symbols':['A','B'],'default':'A'} | true",
        "'name':'n','type':{'type':'record','name':'R','fields':[]} | 'name':'n','type':{'type':'record','name':'R','doc':'words','fields':[]} | false",
        "'name':'n','type':'int' | 'name':'n','type':'int','owner':'sales' | false"
      })
  void schemasOfOneFingerprintThatAreReadDifferentlyAreRefused(
      String field, String other, boolean refused) {
    List<SchemaVersion> versions =
        List.of(
            new SchemaVersion(ofField(field), 1, "e.v1.avsc"),
            new SchemaVersion(ofField(other), 2, "e.v2.avsc"));
    assertThat(versions.get(1).fingerprint()).isEqualTo(versions.get(0).fingerprint());
    if (refused) {
      assertThatThrownBy(() -> SchemaStore.of(versions))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("Cannot tell e.v1.avsc and e.v2.avsc apart")
          .hasMessageContaining("defaults or aliases");
    } else {
      assertThat(SchemaStore.of(versions).all()).hasSize(2);
    }
  }

  private static Schema ofField(String field) {
    return SchemaParser.parseSingle(
        "{'type':'record','name':'E','fields':[{%s}]}".formatted(field).replace('\'', '"'));
  }

  /** Avro's fingerprint leaves logical types out: cents and mills would be taken for each other. */
  @Test
  void schemasOfOneFingerprintAndTwoMeaningsAreRefused() {
    Schema cents = SchemaParser.parseSingle(CLICK);
    Schema mills = SchemaParser.parseSingle(CLICK.replace("\"scale\":2", "\"scale\":3"));
    SchemaVersion v1 = new SchemaVersion(cents, 1, "click.v1.avsc");
    SchemaVersion v2 = new SchemaVersion(mills, 2, "click.v2.avsc");
    assertThat(v2.fingerprint()).isEqualTo(v1.fingerprint());
    assertThatThrownBy(() -> SchemaStore.of(List.of(v1, v2)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("click.v1.avsc and click.v2.avsc apart")
        .hasMessageContaining("'price'");
    Schema described =
        SchemaParser.parseSingle(
            CLICK.replace("\"fields\"", "\"doc\":\"now with words\",\"fields\""));
    SchemaStore store = SchemaStore.of(List.of(new SchemaVersion(described, 2, "v2"), v1));
    assertThat(store.find(v1.fingerprint()).orElseThrow().version()).isEqualTo(1);
  }

  @Test
  void comesBackFromJsonAndFromJavaSerialization() throws Exception {
    assertThat(SchemaStore.fromJson(OURS.toJson()).all()).isEqualTo(OURS.all());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(OURS);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(((SchemaStore) in.readObject()).all()).isEqualTo(OURS.all());
    }
  }

  @Test
  void otherJsonIsRefused() {
    for (String json :
        List.of("", "{", "[{}]", "[{\"version\":1,\"source\":\"s\",\"schema\":1}]")) {
      assertThatThrownBy(() -> SchemaStore.fromJson(json))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("Cannot read a schema store");
    }
  }
}
