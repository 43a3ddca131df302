package dev.lambdastack.views;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Finds code of users that never ends: a formula or an alert rule that looks at one event for
 * longer than {@link #LIMIT}. Java cannot stop a thread, so the handler has to end the process. A
 * process that sets no handler, such as a task on a cluster, watches nothing: there the engine's
 * own time-outs end the task.
 *
 * <p>Thread-safe. A call costs two ordered writes.
 */
public final class UserCodeWatch {
  /** How long user code may look at one event. */
  public static final Duration LIMIT = Duration.ofMinutes(1);

  private static final int LOOKS = 10;
  private static final VarHandle NUMBER;
  private static final Set<Call> CALLS = Collections.newSetFromMap(new WeakHashMap<>());

  static {
    try {
      NUMBER = MethodHandles.lookup().findVarHandle(Call.class, "number", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private UserCodeWatch() {}

  /** A place where one thread at a time calls user code. */
  static final class Call {
    private final Supplier<String> what;

    /** Odd while user code runs. */
    @SuppressWarnings("unused") // by NUMBER
    private long number;

    /**
     * @param what runs, and on which event; asked from another thread
     */
    Call(Supplier<String> what) {
      this.what = what;
      synchronized (CALLS) {
        CALLS.add(this);
      }
    }

    void begin() {
      NUMBER.setRelease(this, number + 1);
    }

    void end() {
      NUMBER.setRelease(this, number + 1);
    }
  }

  /** Begins to watch all user code of this process, for good. */
  public static void whenEndless(Consumer<String> handler) {
    watch(LIMIT, handler);
  }

  static Thread watch(Duration limit, Consumer<String> handler) {
    Thread thread = new Thread(() -> look(limit, handler), "user-code-watch");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** How many looks have found the same call: a process that stood still for a time is no proof. */
  private record Seen(long number, int looks) {}

  private static void look(Duration limit, Consumer<String> handler) {
    Map<Call, Seen> running = new WeakHashMap<>();
    try {
      while (true) {
        // The time between two looks is what is measured: nothing happens that could be waited for.
        Thread.sleep(Math.max(1, limit.toMillis() / LOOKS));

        for (Call call : calls()) {
          long number = (long) NUMBER.getAcquire(call);
          Seen before = running.get(call);
          if (number % 2 == 0) {
            running.remove(call);
          } else if (before == null || before.number() != number) {
            running.put(call, new Seen(number, 0));
          } else {
            running.put(call, new Seen(number, before.looks() + 1));
            if (before.looks() + 1 == LOOKS) {
              handler.accept(endless(call, limit));
            }
          }
        }
      }
    } catch (InterruptedException e) {
      // Watched for long enough.
    }
  }

  private static List<Call> calls() {
    synchronized (CALLS) {
      return new ArrayList<>(CALLS);
    }
  }

  private static String endless(Call call, Duration limit) {
    return String.format(
        Locale.ROOT,
        "%s: it has not ended within %s; it may end in another thread, so the event is not set aside: mend the code",
        call.what.get(),
        Durations.words(limit));
  }
}
