package dev.lambdastack.settings;

/**
 * When an audit warns of a topic's retention, and when it fails.
 *
 * @param retentionWarn share of the retention, 0 to 1
 * @param retentionFail share of the retention, 0 to 1; no less
 */
public record AuditSettings(double retentionWarn, double retentionFail) {
  private static final String WARN = "lambda.audit.retention-warn";

  static AuditSettings of(Values values) {
    AuditSettings audit =
        new AuditSettings(values.share(WARN), values.share("lambda.audit.retention-fail"));
    if (audit.retentionWarn > audit.retentionFail) {
      throw values.bad(WARN, "at most lambda.audit.retention-fail");
    }
    return audit;
  }
}
