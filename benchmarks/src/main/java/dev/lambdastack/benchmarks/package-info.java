/** Our figures beside those of peers, in one run, on TPC-H's data. */
package dev.lambdastack.benchmarks;
