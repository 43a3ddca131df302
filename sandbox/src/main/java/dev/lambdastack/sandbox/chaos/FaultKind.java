package dev.lambdastack.sandbox.chaos;

/** What can go wrong. */
public enum FaultKind {
  KILL_TASK_MANAGER("a TaskManager is killed"),
  KILL_REGION_SERVER("a region server is killed"),
  KILL_DATA_NODE("a DataNode is killed"),
  RESTART_BROKER("the broker stops"),
  EXPIRE_SESSION("a region server's ZooKeeper session expires"),
  REFUSE_WRITES("HBase refuses writes"),
  FAIL_CHECKPOINTS("checkpoints fail");

  private final String words;

  FaultKind(String words) {
    this.words = words;
  }

  /** What happens, as a person would say it. */
  public String words() {
    return words;
  }
}
