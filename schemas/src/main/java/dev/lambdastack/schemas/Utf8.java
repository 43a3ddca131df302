package dev.lambdastack.schemas;

/** Whether bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). */
final class Utf8 {
  private Utf8() {}

  static boolean isWellFormed(byte[] bytes, int start, int length) {
    int end = start + length;
    int at = start;
    while (at < end) {
      int lead = bytes[at++];
      if (lead >= 0) {
        continue;
      }

      int more;
      int low = 0x80;
      int high = 0xBF;
      int first = lead & 0xFF;
      if (first >= 0xC2 && first <= 0xDF) {
        more = 1;
      } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2;
        low = first == 0xE0 ? 0xA0 : 0x80;
        high = first == 0xED ? 0x9F : 0xBF;
      } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3;
        low = first == 0xF0 ? 0x90 : 0x80;
        high = first == 0xF4 ? 0x8F : 0xBF;
      } else {
        return false;
      }

      if (end - at < more) {
        return false;
      }

      for (int i = 0; i < more; i++) {
        int next = bytes[at++] & 0xFF;
        if (next < low || next > high) {
          return false;
        }
        low = 0x80;
        high = 0xBF;
      }
    }

    return true;
  }
}
