/** What the tests of the read client share: a running HBase, events, and the truth about them. */
package dev.lambdastack.serving.testing;
