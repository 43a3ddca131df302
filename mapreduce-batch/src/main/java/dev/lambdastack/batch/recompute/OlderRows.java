package dev.lambdastack.batch.recompute;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.DecodedEvent;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.views.Column;
import dev.lambdastack.views.ColumnType;
import dev.lambdastack.views.aggregate.ColumnBatch;
import dev.lambdastack.views.aggregate.ColumnVector;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a row group of a file that follows another schema than the pinned one has besides: rows that
 * still have the bytes that the producer sent are decoded from those, since the file's columns may
 * lack what they say. Every row is judged as the speed layer judges the record. Not thread-safe.
 */
final class OlderRows {
  private static final Logger LOG = LoggerFactory.getLogger(OlderRows.class);
  private static final int LOGGED = 5;
  private static final Column TEXT = new Column("text", ColumnType.STRING, 0, true);

  /**
   * A column whose texts may not be too long.
   *
   * @param index in the batch; -1 where only its length matters
   */
  record KeyText(ColumnSource source, int index) {}

  private final String path;
  private final EventDecoder decoder;
  private final int columns;
  private final ColumnSource raw;
  private final ColumnSource appendTime;
  private final List<KeyText> keyTexts;
  private final ColumnVector raws = new ColumnBatch(List.of(TEXT)).column(0);
  private final ColumnVector text = new ColumnBatch(List.of(TEXT)).column(0);
  private final long[] appendTimes = new long[ColumnBatch.CAPACITY];
  private final boolean[] nulls = new boolean[ColumnBatch.CAPACITY];
  private final long[] keyTextBytes = new long[ColumnBatch.CAPACITY];
  private final boolean[] isRejected = new boolean[ColumnBatch.CAPACITY];
  private final RejectedRows rejected = new RejectedRows();
  private int logged;

  /**
   * Rows.
   *
   * @param decoder of the pinned schema, for the batch's columns
   * @param columns how many of them
   * @param keyTexts empty where the file's own schema says that they are not too long
   */
  OlderRows(
      String path,
      EventDecoder decoder,
      int columns,
      ColumnSource raw,
      ColumnSource appendTime,
      List<KeyText> keyTexts) {
    this.path = path;
    this.decoder = decoder;
    this.columns = columns;
    this.raw = raw;
    this.appendTime = appendTime;
    this.keyTexts = keyTexts;
  }

  RejectedRows rejected() {
    return rejected;
  }

  /** Takes a batch that has been filled from the file's columns; rows that are rejected go. */
  void mend(ColumnBatch batch, int rows) {
    raw.texts(raws, rows);
    appendTime.longs(appendTimes, nulls, rows);
    measure(batch, rows);
    rejected.clear();

    boolean any = false;
    for (int row = 0; row < rows; row++) {
      Optional<Rejection> rejection = raws.nulls()[row] ? judge(batch, row) : decode(batch, row);
      isRejected[row] = rejection.isPresent();
      if (isRejected[row]) {
        any = true;
        reject(batch, row, rejection.get());
      }
    }

    if (any) {
      batch.retain(row -> !isRejected[row]);
    }
  }

  private void measure(ColumnBatch batch, int rows) {
    Arrays.fill(keyTextBytes, 0, rows, 0);
    for (KeyText key : keyTexts) {
      ColumnVector texts = key.index() < 0 ? text : batch.column(key.index());
      if (key.index() < 0) {
        key.source().texts(text, rows);
      }
      for (int row = 0; row < rows; row++) {
        keyTextBytes[row] += texts.text(row).length;
      }
    }
  }

  private Optional<Rejection> judge(ColumnBatch batch, int row) {
    return decoder.judge(batch.eventTimes()[row], appendTimes[row], keyTextBytes[row]);
  }

  private Optional<Rejection> decode(ColumnBatch batch, int row) {
    Decoded decoded =
        decoder.decode(
            raws.text(row), batch.partitions()[row], batch.offsets()[row], appendTimes[row]);
    if (decoded instanceof Rejection rejection) {
      return Optional.of(rejection);
    }

    DecodedEvent event = (DecodedEvent) decoded;
    for (int column = 0; column < columns; column++) {
      batch.column(column).set(row, event.row(), column);
    }

    batch.eventTimes()[row] = event.row().eventTime();
    return Optional.empty();
  }

  private void reject(ColumnBatch batch, int row, Rejection rejection) {
    rejected.add(batch.partitions()[row], batch.offsets()[row]);
    if (logged++ < LOGGED) {
      LOG.warn(
          "{}: a row is no event by the schema that is pinned now: {}, {}",
          path,
          rejection.reason(),
          rejection.detail());
    }
  }
}
