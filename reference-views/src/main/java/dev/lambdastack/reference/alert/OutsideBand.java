package dev.lambdastack.reference.alert;

import dev.lambdastack.views.AlertLogic;
import dev.lambdastack.views.Row;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * A reading left its band. Said when it leaves, not for each reading outside; and again after it
 * has been inside.
 *
 * @param least the band's lower end, inclusive, in hundredths
 * @param greatest its upper end, inclusive, in hundredths
 */
public record OutsideBand(long least, long greatest) implements AlertLogic<Boolean> {
  private static final int SCALE = 2;

  @Override
  public Step<Boolean> next(Optional<Boolean> before, Row row) {
    long value = row.longAt(0);
    boolean outside = value < least || value > greatest;
    return outside && !before.orElse(false)
        ? Step.raise(
            true,
            "read %s, outside of %s to %s"
                .formatted(
                    row.decimalAt(0, SCALE),
                    BigDecimal.valueOf(least, SCALE),
                    BigDecimal.valueOf(greatest, SCALE)))
        : Step.quiet(outside);
  }

  @Override
  public void write(Boolean outside, DataOutput out) throws IOException {
    out.writeBoolean(outside);
  }

  @Override
  public Boolean read(DataInput in) throws IOException {
    return in.readBoolean();
  }
}
