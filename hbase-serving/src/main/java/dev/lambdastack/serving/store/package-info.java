/**
 * How the stack lies in HBase: the published row, the tables of versions and generations. The only
 * I/O that stages share.
 */
package dev.lambdastack.serving.store;
