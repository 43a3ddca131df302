/**
 * The read client: {@link LambdaClient} answers for a view from both layers as if there were one.
 * It needs no view jar: the published row says what the tables hold.
 */
package dev.lambdastack.serving.read;
