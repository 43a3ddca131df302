package dev.lambdastack.batch.deadletters;

import dev.lambdastack.batch.master.DeadLetterTable;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.views.InvalidInputException;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;

/**
 * Which dead letters are meant.
 *
 * @param reasons why they were set aside; empty for whatever reason
 * @param partition where they stood; empty for anywhere
 * @param offset where in that partition; empty for anywhere
 */
public record Selection(Set<Rejection.Reason> reasons, OptionalInt partition, OptionalLong offset) {
  /** All of them. */
  public static final Selection ALL =
      new Selection(Set.of(), OptionalInt.empty(), OptionalLong.empty());

  public Selection {
    reasons = Set.copyOf(reasons);
    if (offset.isPresent() && partition.isEmpty()) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "Cannot look for offset %d: expected --partition beside --offset, each partition has its own offsets",
              offset.getAsLong()));
    }
  }

  /** Of the rows of {@link DeadLetterTable}; those that it holds of are these and no fewer. */
  Expression filter() {
    Expression filter = Expressions.alwaysTrue();
    if (partition.isPresent()) {
      filter = Expressions.and(filter, Expressions.equal("partition", partition.getAsInt()));
    }
    if (offset.isPresent()) {
      filter = Expressions.and(filter, Expressions.equal("offset", offset.getAsLong()));
    }
    return filter;
  }

  boolean has(DeadLetter letter) {
    return (partition.isEmpty() || partition.getAsInt() == letter.partition())
        && (offset.isEmpty() || offset.getAsLong() == letter.offset())
        && (reasons.isEmpty()
            || reasons.stream()
                .map(Enum::name)
                .collect(Collectors.toSet())
                .contains(letter.reason()));
  }
}
