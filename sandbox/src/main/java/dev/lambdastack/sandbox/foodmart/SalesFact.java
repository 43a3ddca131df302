package dev.lambdastack.sandbox.foodmart;

import java.math.BigDecimal;
import java.time.LocalDate;

/**
 * One row of a {@code sales_fact} file.
 *
 * @param row its number, from 1 over all years in file order
 * @param sales what the line came to; scale 2
 */
record SalesFact(
    long row,
    LocalDate day,
    long customerId,
    long productId,
    long storeId,
    int quantity,
    BigDecimal sales) {}
