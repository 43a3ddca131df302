package dev.lambdastack.settings.files;

import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.LambdaException;
import dev.lambdastack.views.UnavailableException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Set;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.ipc.RetriableException;
import org.apache.hadoop.ipc.StandbyException;

/** What kind of fault a failed call to Hadoop's file system is. */
public final class FileSystemFault {
  /** A NameNode that starts is in safe mode until its DataNodes have told what they have. */
  private static final Set<String> AWAY_FOR_NOW =
      Set.of(
          StandbyException.class.getName(),
          RetriableException.class.getName(),
          "org.apache.hadoop.hdfs.server.namenode.SafeModeException");

  private FileSystemFault() {}

  /**
   * The exception to throw for a failed call.
   *
   * @param message one line
   * @return {@link UnavailableException} where no server answers, else {@link
   *     InvalidInputException}
   */
  public static LambdaException of(String message, Exception failure) {
    return isAway(failure)
        ? new UnavailableException(message, failure)
        : new InvalidInputException(message, failure);
  }

  /** Whether a failure says that no server answers. */
  public static boolean isAway(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException
          || cause instanceof NoRouteToHostException
          || cause instanceof UnknownHostException
          || cause instanceof SocketTimeoutException
          || AWAY_FOR_NOW.contains(nameOf(cause))) {
        return true;
      }
    }
    return false;
  }

  /** What a server has thrown comes as a name where the client does not unwrap it. */
  private static String nameOf(Throwable cause) {
    return cause instanceof RemoteException remote
        ? remote.getClassName()
        : cause.getClass().getName();
  }
}
