package dev.lambdastack.views;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A column that a view computes from others.
 *
 * @param version the author's number for this formula
 * @param inputs columns of the event type
 */
public record DerivedColumn(
    Column column, int version, List<String> inputs, Derivation derivation) {
  public DerivedColumn {
    inputs = List.copyOf(inputs);
  }

  /**
   * SHA-256 of the class file that holds the code and of the values that the code captured, so that
   * an edit without a new version number is noticed. It covers the whole class: an edit of its
   * neighbours changes it too, which costs a recomputation and never a wrong number. It does not
   * cover other classes that the code calls: an edit of those needs a new version number.
   */
  String codeDigest() {
    String className = derivation.getClass().getName();
    String method = "";
    ClassLoader loader = derivation.getClass().getClassLoader();

    try {
      Method replace = derivation.getClass().getDeclaredMethod("writeReplace");
      replace.setAccessible(true);
      SerializedLambda lambda = (SerializedLambda) replace.invoke(derivation);
      className = lambda.getImplClass().replace('/', '.');
      method = lambda.getImplMethodName();
    } catch (ReflectiveOperationException notALambda) {
      method = "apply";
    }

    try (InputStream code = loader.getResourceAsStream(className.replace('.', '/') + ".class")) {
      if (code == null) {
        throw new InvalidInputException(
            "Cannot fingerprint derived column '%s': the class file of %s is not to be found; declare it in a class of your jar"
                .formatted(column.name(), className));
      }

      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(code.readAllBytes());
      digest.update(method.getBytes(StandardCharsets.UTF_8));
      digest.update(serialized(className));
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot read the class file of " + className, e);
    }
  }

  /** The formula with all that it captured: names and values, the same in each JVM. */
  private byte[] serialized(String className) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(derivation);
    } catch (NotSerializableException e) {
      throw new InvalidInputException(
          "Cannot fingerprint derived column '%s': the formula in %s uses a %s from outside, which cannot be serialized; let it use its inputs and constants only"
              .formatted(column.name(), className, e.getMessage()),
          e);
    }
    return bytes.toByteArray();
  }
}
