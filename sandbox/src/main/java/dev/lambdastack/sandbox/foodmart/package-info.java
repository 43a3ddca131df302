/**
 * FoodMart, the public retail data set that Mondrian and Calcite are tested on, as plain source
 * rows. It knows nothing of the stack: {@link ShopEvent} is what both the producer and the oracle
 * start from.
 */
package dev.lambdastack.sandbox.foodmart;
