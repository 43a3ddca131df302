package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** docs/architecture.md and its picture say what the build says. */
class ArchitectureDocumentTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path DOCS = ROOT.resolve("docs");

  /** A row of the table of modules: name, link, what it holds, what it needs. */
  private static final Pattern MODULE =
      Pattern.compile("(?m)^\\| \\[`([a-z-]+)`]\\(([^)]+)\\) \\|[^|]*\\|([^|]*)\\|$");

  private static final Pattern NAME = Pattern.compile("`([a-z-]+)`");

  @Test
  void theModulesAndWhatTheyNeedAreThoseOfTheBuild() throws Exception {
    Map<String, SortedSet<String>> documented = new TreeMap<>();
    Matcher row = MODULE.matcher(Files.readString(DOCS.resolve("architecture.md")));
    while (row.find()) {
      SortedSet<String> needs = new TreeSet<>();
      NAME.matcher(row.group(3)).results().forEach(name -> needs.add(name.group(1)));
      documented.put(row.group(1), needs);
    }

    Map<String, SortedSet<String>> built = new TreeMap<>();
    for (String module : texts(pom(ROOT), "module")) {
      built.put(module, needs(ROOT.resolve(module)));
    }

    assertThat(documented).isEqualTo(built);
  }

  @Test
  void eachModuleIsExplained() throws Exception {
    for (String module : texts(pom(ROOT), "module")) {
      assertThat(ROOT.resolve(module).resolve("README.md")).exists();
    }
  }

  @Test
  void eachFolderBesideTheModulesIsNamed() throws Exception {
    String text = Files.readString(DOCS.resolve("architecture.md"));
    SortedSet<String> modules = texts(pom(ROOT), "module");
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(ROOT, Files::isDirectory)) {
      for (Path folder : folders) {
        String name = folder.getFileName().toString();
        // Not of the project: what is built, and what tools keep.
        if (!name.startsWith(".") && !name.equals("target") && !modules.contains(name)) {
          assertThat(text).contains("`" + name + "/`");
        }
      }
    }
  }

  @Test
  void thePictureIsDrawnFromItsSource() throws Exception {
    byte[] source = Files.readAllBytes(DOCS.resolve("architecture.dot"));
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(source));

    assertThat(DOCS.resolve("architecture.svg"))
        .as("architecture.dot has changed: run docs/draw")
        .content()
        .contains("SHA-256 " + hash);
  }

  private static SortedSet<String> needs(Path module) throws Exception {
    SortedSet<String> needs = new TreeSet<>();
    NodeList dependencies = pom(module).getElementsByTagName("dependency");
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element dependency = (Element) dependencies.item(i);
      boolean ours = texts(dependency, "groupId").contains("dev.lambdastack");
      if (ours && !texts(dependency, "scope").contains("test")) {
        needs.addAll(texts(dependency, "artifactId"));
      }
    }
    return needs;
  }

  private static Element pom(Path folder) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(folder.resolve("pom.xml").toFile())
        .getDocumentElement();
  }

  private static SortedSet<String> texts(Element parent, String tag) {
    NodeList found = parent.getElementsByTagName(tag);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> found.item(i).getTextContent().strip())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
