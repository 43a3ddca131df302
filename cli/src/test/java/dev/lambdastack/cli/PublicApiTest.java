package dev.lambdastack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the code to docs/public-api.txt. The file names the types, this test writes down their
 * signatures. After an intended change, copy what the test wrote to target/ over the file.
 */
class PublicApiTest {
  private static final Path LIST = Path.of("..", "docs", "public-api.txt");
  private static final Path FOUND = Path.of("target", "public-api.txt");

  private static final Pattern PACKAGE = Pattern.compile("\\b(?:[a-z][a-zA-Z0-9_]*\\.)+(?=[A-Z])");
  private static final String OURS = "dev.lambdastack.";

  /** A heading: a type whose signatures follow. */
  private static final Pattern PROMISED = Pattern.compile("(dev\\.lambdastack\\.[\\w.$]+)");

  /** A type that users may hold and hand on, and no more. */
  private static final Pattern NOT_PROMISED =
      Pattern.compile("# - (dev\\.lambdastack\\.[\\w.$]+):");

  @Test
  void signaturesAreThoseOfTheList() throws Exception {
    List<String> lines = Files.readAllLines(LIST);
    List<String> found = new ArrayList<>(lines.stream().takeWhile(l -> !l.isEmpty()).toList());
    for (Class<?> type : types(lines)) {
      found.add("");
      found.addAll(describe(type));
    }
    Files.write(FOUND, found);

    assertThat(found)
        .as("Public API has changed. If that is meant: cp cli/%s docs/public-api.txt", FOUND)
        .isEqualTo(lines);
  }

  /** A user who may call a method may also hold what it takes and gives. */
  @Test
  void whatASignatureNamesIsInTheListToo() throws Exception {
    List<Class<?>> types = types(Files.readAllLines(LIST));
    Set<String> named = new TreeSet<>();
    for (Class<?> type : types) {
      members(type).forEach(m -> mentioned(m).forEach(t -> named.add(t.getName())));
    }

    Set<String> listed = types.stream().map(Class::getName).collect(Collectors.toSet());
    named.removeAll(listed);
    assertThat(named)
        .as("types that a signature names and that are not in the list")
        .isEqualTo(names(NOT_PROMISED, Files.readAllLines(LIST)));
  }

  private static List<Class<?>> types(List<String> lines) throws ClassNotFoundException {
    List<Class<?>> types = new ArrayList<>();
    for (String name : names(PROMISED, lines)) {
      types.add(Class.forName(name));
    }
    assertThat(types).as("types in %s", LIST).hasSizeGreaterThan(20);
    return types;
  }

  private static Set<String> names(Pattern pattern, List<String> lines) {
    return lines.stream()
        .map(pattern::matcher)
        .filter(Matcher::lookingAt)
        .map(m -> m.group(1))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static List<String> describe(Class<?> type) {
    assertThat(Modifier.isPublic(type.getModifiers())).as("%s is public", type).isTrue();
    List<String> lines = new ArrayList<>();
    lines.add(type.getName() + " " + kind(type));
    if (type.isEnum()) {
      Arrays.stream(type.getEnumConstants()).forEach(c -> lines.add("  " + ((Enum<?>) c).name()));
    }
    members(type).map(PublicApiTest::signature).sorted().forEach(s -> lines.add("  " + s));
    return lines;
  }

  private static String kind(Class<?> type) {
    String kind =
        type.isEnum()
            ? "enum"
            : type.isRecord() ? "record" : type.isInterface() ? "interface" : "class";
    String modifiers =
        Modifier.toString(type.getModifiers() & (Modifier.ABSTRACT | Modifier.FINAL));
    Stream<String> above =
        Stream.concat(
                Stream.ofNullable(type.getGenericSuperclass()),
                Arrays.stream(type.getGenericInterfaces()))
            .map(t -> simple(t.getTypeName()))
            .filter(t -> !Set.of("Object", "Record").contains(t) && !t.startsWith("Enum<"));
    String extended = above.collect(Collectors.joining(", "));
    boolean open = kind.equals("class") && !modifiers.isEmpty();
    return (type.isSealed() ? "sealed " : open ? modifiers + " " : "")
        + kind
        + (extended.isEmpty() ? "" : " : " + extended);
  }

  /**
   * Constructors, methods and constants that a user's code can name; not what every object or enum
   * has.
   */
  private static Stream<Object> members(Class<?> type) {
    Set<String> everyone = Set.of("equals", "hashCode", "toString");
    Stream<Method> methods =
        Arrays.stream(type.getDeclaredMethods())
            .filter(m -> !m.isSynthetic() && reachable(m.getModifiers()))
            .filter(m -> !everyone.contains(m.getName()))
            .filter(m -> !type.isEnum() || !Set.of("values", "valueOf").contains(m.getName()));
    Stream<Constructor<?>> constructors =
        Arrays.stream(type.getDeclaredConstructors()).filter(c -> reachable(c.getModifiers()));
    Stream<Field> fields =
        Arrays.stream(type.getDeclaredFields())
            .filter(f -> !f.isEnumConstant() && !f.isSynthetic() && reachable(f.getModifiers()));
    return Stream.of(fields, constructors, methods).flatMap(s -> s);
  }

  private static boolean reachable(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static String signature(Object member) {
    if (member instanceof Field field) {
      return fixed(field.getModifiers())
          + simple(field.getGenericType().getTypeName())
          + " "
          + field.getName();
    }
    Executable executable = (Executable) member;
    String parameters =
        Arrays.stream(executable.getGenericParameterTypes())
            .map(t -> simple(t.getTypeName()))
            .collect(Collectors.joining(", ", "(", ")"));
    String thrown =
        Arrays.stream(executable.getGenericExceptionTypes())
            .map(t -> simple(t.getTypeName()))
            .collect(Collectors.joining(", "));
    String head =
        executable instanceof Method method
            ? fixed(method.getModifiers())
                + (method.isDefault() ? "default " : "")
                + simple(method.getGenericReturnType().getTypeName())
                + " "
                + method.getName()
            : "new";
    return head + parameters + (thrown.isEmpty() ? "" : " throws " + thrown);
  }

  private static String fixed(int modifiers) {
    return Modifier.isStatic(modifiers) ? "static " : "";
  }

  /** A name without packages and outer classes: the headings have them. */
  private static String simple(String name) {
    return PACKAGE.matcher(name).replaceAll("").replaceAll("\\w+\\$", "");
  }

  private static Set<Class<?>> mentioned(Object member) {
    List<Type> types = new ArrayList<>();
    if (member instanceof Field field) {
      types.add(field.getGenericType());
    } else {
      Executable executable = (Executable) member;
      types.addAll(List.of(executable.getGenericParameterTypes()));
      types.addAll(List.of(executable.getGenericExceptionTypes()));
      if (executable instanceof Method method) {
        types.add(method.getGenericReturnType());
      }
    }
    return types.stream()
        .flatMap(PublicApiTest::classes)
        .filter(c -> c.getName().startsWith(OURS))
        .collect(Collectors.toSet());
  }

  private static Stream<Class<?>> classes(Type type) {
    if (type instanceof Class<?> plain) {
      return plain.isArray() ? classes(plain.getComponentType()) : Stream.of(plain);
    }
    if (type instanceof ParameterizedType generic) {
      return Stream.concat(
          classes(generic.getRawType()),
          Arrays.stream(generic.getActualTypeArguments()).flatMap(PublicApiTest::classes));
    }
    if (type instanceof WildcardType wildcard) {
      return Arrays.stream(wildcard.getUpperBounds()).flatMap(PublicApiTest::classes);
    }
    return Stream.empty();
  }
}
