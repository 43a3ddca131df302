package dev.lambdastack.batch.recompute;

import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.serving.config.JobKeys;
import dev.lambdastack.views.View;
import dev.lambdastack.views.Views;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;

/**
 * What a job tells its tasks, in its configuration. The view itself does not fit in there: tasks
 * load it by its name, and see by its fingerprint that it is the same. Tasks in this JVM are handed
 * the view itself.
 *
 * @param schemaStore as {@link SchemaStore#toJson} writes it
 * @param sequence of the last manifest that is read
 * @param digest of that manifest
 * @param cellTimestamp of every cell, in milliseconds
 */
record RecomputeSettings(
    String runId,
    String view,
    String fingerprint,
    String schemaStore,
    String topic,
    long sequence,
    String digest,
    long cellTimestamp) {
  private static final String PREFIX = JobKeys.PREFIX + "recompute.";

  /** About how many bytes of files a task reads; unset: what {@link FileParts} finds right. */
  static final String TASK_BYTES = PREFIX + "task-bytes";

  private static final String RUN = PREFIX + "run";
  private static final String VIEW = PREFIX + "view";
  private static final String FINGERPRINT = PREFIX + "fingerprint";
  private static final String SCHEMAS = PREFIX + "schemas";
  private static final String TOPIC = PREFIX + "topic";
  private static final String SEQUENCE = PREFIX + "manifest";
  private static final String DIGEST = PREFIX + "manifest-digest";
  private static final String TIMESTAMP = PREFIX + "cell-timestamp";

  private static final Map<String, View> RUNNING_HERE = new ConcurrentHashMap<>();

  void writeTo(Configuration conf) {
    conf.set(RUN, runId);
    conf.set(VIEW, view);
    conf.set(FINGERPRINT, fingerprint);
    conf.set(SCHEMAS, schemaStore);
    conf.set(TOPIC, topic);
    conf.setLong(SEQUENCE, sequence);
    conf.set(DIGEST, digest);
    conf.setLong(TIMESTAMP, cellTimestamp);
  }

  static RecomputeSettings readFrom(Configuration conf) {
    return new RecomputeSettings(
        conf.get(RUN),
        conf.get(VIEW),
        conf.get(FINGERPRINT),
        conf.getRaw(SCHEMAS),
        conf.get(TOPIC),
        conf.getLong(SEQUENCE, 0),
        conf.get(DIGEST),
        conf.getLong(TIMESTAMP, 0));
  }

  SchemaStore schemas() {
    return SchemaStore.fromJson(schemaStore);
  }

  /** Lets tasks of this JVM find the view until the result is closed. */
  AutoCloseable handOver(View instance) {
    RUNNING_HERE.put(runId, instance);
    return () -> RUNNING_HERE.remove(runId);
  }

  /**
   * The view.
   *
   * @throws IllegalStateException when the task's class path declares another one by this name
   */
  View load(ClassLoader loader) {
    View handed = RUNNING_HERE.get(runId);
    View found = handed == null ? Views.load(loader).find(view) : handed;
    if (!found.fingerprint().equals(fingerprint)) {
      throw new IllegalStateException(
          "The class path of this task declares view %s differently from the command's (fingerprint expected %s, found %s)"
              .formatted(view, fingerprint, found.fingerprint()));
    }
    return found;
  }
}
