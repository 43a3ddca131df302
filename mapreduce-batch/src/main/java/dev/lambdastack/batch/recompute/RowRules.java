package dev.lambdastack.batch.recompute;

import dev.lambdastack.serving.store.RowText;
import dev.lambdastack.views.Aggregate;
import dev.lambdastack.views.Cell;
import dev.lambdastack.views.Rule;
import dev.lambdastack.views.RuleResult;
import dev.lambdastack.views.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.Result;
import org.apache.hadoop.hbase.client.ResultScanner;
import org.apache.hadoop.hbase.client.Scan;
import org.apache.hadoop.hbase.client.Table;

/** Judges the rows of a version's table by those rules of its view that are about rows. */
final class RowRules {
  private static final int EXAMPLES = 5;

  private final View view;
  private final List<Judged> rules;

  private static final class Judged {
    private final Rule.OfRow rule;
    private long broken;
    private final List<String> examples = new ArrayList<>();

    Judged(Rule.OfRow rule) {
      this.rule = rule;
    }

    RuleResult result(long rows) {
      return new RuleResult(rule.text(), rows, broken, broken == 0, examples);
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
   */
  static List<RuleResult> judge(View view, Connection connection, TableName table)
      throws IOException {
    RowRules rules = new RowRules(view);
    if (rules.rules.isEmpty()) {
      return List.of();
    }
    Scan scan =
        new Scan()
            .addColumn(Cell.batchFamily(), Cell.batchQualifier())
            .setCaching(1_000)
            .setCacheBlocks(false);
    long rows = 0;
    try (Table source = connection.getTable(table);
        ResultScanner scanner = source.getScanner(scan)) {
      for (Result result = scanner.next(); result != null; result = scanner.next()) {
        rows++;
        rules.judge(result);
      }
    }
    long judged = rows;
    return rules.rules.stream().map(r -> r.result(judged)).toList();
  }

  private void judge(Result row) {
    Aggregate aggregate = view.shape().decode(row.value());
    for (Judged judged : rules) {
      Optional<String> why = judged.rule.brokenBy(aggregate);
      if (why.isPresent()) {
        judged.broken++;
        if (judged.examples.size() < EXAMPLES) {
          judged.examples.add(RowText.of(view.shape(), row.getRow()) + ": " + why.get());
        }
      }
    }
  }
}
