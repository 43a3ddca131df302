package dev.lambdastack.serving.query;

import dev.lambdastack.console.CommandRunner;

/** The main class of the all-in-one jar: the query command alone. */
public final class QueryMain {
  private QueryMain() {}

  public static void main(String[] args) {
    System.exit(CommandRunner.onConsole(new QueryCommand(), args));
  }
}
