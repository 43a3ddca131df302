package dev.lambdastack.batch.recompute;

import dev.lambdastack.serving.store.HBaseFault;
import dev.lambdastack.views.RowText;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.View;
import dev.lambdastack.views.aggregate.Aggregate;
import dev.lambdastack.views.handoff.Cell;
import dev.lambdastack.views.handoff.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;

/**
 * Judges the rows of a version's table by those rules of its view that are about rows. Of a version
 * that began as a copy of another one, only the rows that were written since are read; what that
 * one was found to be tells the rest.
 */
final class RowRules {
  private static final int EXAMPLES = 5;
  private static final int CHUNK = 1_000;

  private final View view;
  private final List<Judged> rules;

  private static final class Judged {
    private final Rule.OfRow rule;
    private long broken;
    private final List<String> examples = new ArrayList<>();

    /** Of the base, those whose rows were not written anew. */
    private final List<String> kept = new ArrayList<>();

    Judged(Rule.OfRow rule) {
      this.rule = rule;
    }

    RuleResult result(long rows) {
      List<String> all = new ArrayList<>(examples);
      kept.stream().limit(EXAMPLES - all.size()).forEach(all::add);
      return new RuleResult(rule.text(), rows, broken, broken == 0, all);
    }
  }

  private RowRules(View view) {
    this.view = view;
    this.rules =
        view.rules().stream()
            .filter(Rule.OfRow.class::isInstance)
            .map(r -> new Judged((Rule.OfRow) r))
            .toList();
  }

  /**
   * What each rule finds, in declared order; reads the table only where the view has such rules.
   *
   * @param base the version that the table began as a copy of
   * @param written the timestamp of the cells that were written since
   */
  static List<RuleResult> judge(
      View view, Connection connection, TableName table, Optional<Version> base, long written)
      throws IOException {
    RowRules rules = new RowRules(view);
    if (rules.rules.isEmpty()) {
      return List.of();
    }

    if (base.isPresent() && rules.areKnown(base.get())) {
      try {
        List<RuleResult> results = rules.judgeWritten(connection, table, base.get(), written);
        // Where none of the rows that break a rule is known any more, a look at all finds some.
        if (results.stream().allMatch(r -> r.counted() == 0 || !r.examples().isEmpty())) {
          return results;
        }
      } catch (IOException e) {
        // A base that was cleaned up meanwhile leaves nothing to compare with.
        if (HBaseFault.tableGone(e).isEmpty()) {
          throw e;
        }
      }
    }

    return new RowRules(view).judgeAll(connection, table);
  }

  private boolean areKnown(Version base) {
    return rules.stream().allMatch(r -> found(base, r).isPresent());
  }

  private static Optional<RuleResult> found(Version base, Judged judged) {
    return base.origin().flatMap(o -> o.of(judged.rule));
  }

  private static Scan scan() {
    return new Scan()
        .addColumn(Cell.batchFamily(), Cell.batchQualifier())
        .setCaching(CHUNK)
        .setCacheBlocks(false);
  }

  private List<RuleResult> judgeAll(Connection connection, TableName table) throws IOException {
    long rows = 0;
    try (Table source = connection.getTable(table);
        ResultScanner scanner = source.getScanner(scan())) {
      for (Result result = scanner.next(); result != null; result = scanner.next()) {
        rows++;
        judge(result);
      }
    }
    long judged = rows;
    return rules.stream().map(r -> r.result(judged)).toList();
  }

  /** Rows that were written anew count no longer as what they were. */
  private List<RuleResult> judgeWritten(
      Connection connection, TableName table, Version base, long written) throws IOException {
    long rows = found(base, rules.get(0)).orElseThrow().checked();
    for (Judged judged : rules) {
      RuleResult before = found(base, judged).orElseThrow();
      judged.broken = before.counted();
      judged.kept.addAll(before.examples());
    }

    try (Table now = connection.getTable(table);
        Table then = connection.getTable(TableName.valueOf(base.table()));
        ResultScanner scanner = now.getScanner(scan().setTimestamp(written))) {
      for (Result[] some = scanner.next(CHUNK); some.length > 0; some = scanner.next(CHUNK)) {
        List<Get> gets = new ArrayList<>();
        for (Result result : some) {
          judge(result);
          gets.add(new Get(result.getRow()).addColumn(Cell.batchFamily(), Cell.batchQualifier()));
        }

        for (Result old : then.get(gets)) {
          if (old.isEmpty()) {
            rows++;
          } else {
            forget(old);
          }
        }
      }
    }

    long judged = rows;
    return rules.stream().map(r -> r.result(judged)).toList();
  }

  private void forget(Result row) {
    Aggregate aggregate = view.shape().decode(row.value());
    for (Judged judged : rules) {
      if (judged.rule.brokenBy(aggregate).isPresent()) {
        judged.broken--;
        judged.kept.removeIf(e -> e.startsWith(name(row) + ": "));
      }
    }
  }

  private String name(Result row) {
    return RowText.of(view.shape(), row.getRow());
  }

  private void judge(Result row) {
    Aggregate aggregate = view.shape().decode(row.value());
    for (Judged judged : rules) {
      Optional<String> why = judged.rule.brokenBy(aggregate);
      if (why.isPresent()) {
        judged.broken++;
        if (judged.examples.size() < EXAMPLES) {
          judged.examples.add(name(row) + ": " + why.get());
        }
      }
    }
  }
}
