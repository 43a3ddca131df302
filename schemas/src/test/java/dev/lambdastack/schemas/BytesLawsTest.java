package dev.lambdastack.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Text and decimals, against the JDK's own. */
class BytesLawsTest {
  @Provide
  Arbitrary<byte[]> nearlyUtf8() {
    Arbitrary<byte[]> text =
        Arbitraries.strings().ofMaxLength(4).map(t -> t.getBytes(StandardCharsets.UTF_8));
    Arbitrary<byte[]> edges =
        Arbitraries.of(0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF)
            .edgeCases(e -> e.none())
            .list()
            .ofMaxSize(5)
            .map(BytesLawsTest::bytes);
    Arbitrary<byte[]> leads =
        Arbitraries.of(0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF)
            .list()
            .ofMinSize(1)
            .ofMaxSize(5)
            .map(BytesLawsTest::bytes);
    return Arbitraries.oneOf(text, edges, leads);
  }

  private static byte[] bytes(Iterable<Integer> values) {
    ByteBuffer buffer = ByteBuffer.allocate(8);
    values.forEach(v -> buffer.put(v.byteValue()));
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  @Property(tries = 20_000)
  void textIsWellFormedWhenTheJdkSaysSo(@ForAll("nearlyUtf8") byte[] bytes) {
    boolean expected;
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      expected = true;
    } catch (CharacterCodingException e) {
      expected = false;
    }
    assertThat(Utf8.isWellFormed(bytes, 0, bytes.length)).isEqualTo(expected);
    byte[] within = new byte[bytes.length + 4];
    Arrays.fill(within, (byte) 0x80);
    System.arraycopy(bytes, 0, within, 2, bytes.length);
    assertThat(Utf8.isWellFormed(within, 2, bytes.length)).isEqualTo(expected);
  }

  @Property(tries = 5000)
  void aDecimalIsItsUnscaledLongHoweverItIsPadded(
      @ForAll long unscaled, @ForAll @IntRange(max = 9) int padding) {
    byte[] bytes = BigInteger.valueOf(unscaled).toByteArray();
    byte[] padded = new byte[padding + bytes.length];
    Arrays.fill(padded, (byte) (unscaled < 0 ? -1 : 0));
    System.arraycopy(bytes, 0, padded, padding, bytes.length);
    assertThat(Decimals.unscaled(padded, 0, padded.length)).isEqualTo(unscaled);
  }

  @Property(tries = 5000)
  void aDecimalFitsByItsDigits(
      @ForAll("decimals") BigInteger unscaled, @ForAll @IntRange(min = 1, max = 40) int precision) {
    byte[] bytes = unscaled.toByteArray();
    assertThat(Decimals.fits(bytes, 0, bytes.length, precision))
        .isEqualTo(unscaled.abs().toString().length() <= precision);
  }

  @Provide
  Arbitrary<BigInteger> decimals() {
    return Arbitraries.integers()
        .between(0, 40)
        .flatMap(
            digits ->
                Arbitraries.longs()
                    .between(-3, 3)
                    .map(near -> BigInteger.TEN.pow(digits).add(BigInteger.valueOf(near)))
                    .flatMap(v -> Arbitraries.of(v, v.negate())));
  }

  @Property(tries = 1)
  void aDecimalWithoutBytesIsNone() {
    assertThat(Decimals.fits(new byte[0], 0, 0, 5)).isFalse();
    assertThat(Decimals.fits(new byte[0], 0, 0, 30)).isFalse();
  }
}
