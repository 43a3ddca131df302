package dev.lambdastack.batch.recompute;

/**
 * The key between mappers and reducers: the number of the view in the plan (2 bytes, big-endian),
 * then the row key. So all cells of a view stand together, in the order of its table.
 */
final class CellKey {
  /** Where the row key begins. */
  static final int ROW = 2;

  private CellKey() {}

  static byte[] of(int view, byte[] rowKey) {
    byte[] key = new byte[ROW + rowKey.length];
    key[0] = (byte) (view >>> 8);
    key[1] = (byte) view;
    System.arraycopy(rowKey, 0, key, ROW, rowKey.length);
    return key;
  }

  static int view(byte[] key, int offset) {
    return (key[offset] & 0xFF) << 8 | key[offset + 1] & 0xFF;
  }
}
