/**
 * How the stack lies in HBase: the published row, the tables of versions, generations, dimensions
 * and alerts. Both layers write it and the client reads it.
 */
package dev.lambdastack.serving.store;
