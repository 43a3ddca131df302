package dev.lambdastack.reference.alert;

import dev.lambdastack.views.AlertLogic;
import dev.lambdastack.views.Row;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * A campaign has spent its budget. Said once; and again if the budget was raised meanwhile and is
 * spent too.
 */
public record BudgetExhausted() implements AlertLogic<BudgetExhausted.Spent> {
  private static final int SCALE = 2;

  /** Amount, budget: the columns in order. */
  public static final String[] COLUMNS = {"amount", "budget"};

  /**
   * What a campaign has spent.
   *
   * @param cents in all
   * @param isExhausted whether it was said that the budget is spent
   */
  public record Spent(long cents, boolean isExhausted) {}

  @Override
  public Step<Spent> next(Optional<Spent> before, Row row) {
    long spent = Math.addExact(before.map(Spent::cents).orElse(0L), row.longAt(0));
    boolean exhausted = spent >= row.longAt(1);
    Spent after = new Spent(spent, exhausted);
    return exhausted && !before.map(Spent::isExhausted).orElse(false)
        ? Step.raise(
            after,
            "spent %s of a budget of %s: stop showing its ads"
                .formatted(BigDecimal.valueOf(spent, SCALE), row.decimalAt(1, SCALE)))
        : Step.quiet(after);
  }

  @Override
  public void write(Spent spent, DataOutput out) throws IOException {
    out.writeLong(spent.cents());
    out.writeBoolean(spent.isExhausted());
  }

  @Override
  public Spent read(DataInput in) throws IOException {
    return new Spent(in.readLong(), in.readBoolean());
  }
}
