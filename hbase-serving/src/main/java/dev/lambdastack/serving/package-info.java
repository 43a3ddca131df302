/** What HBase holds, and the client that answers from it. */
package dev.lambdastack.serving;
