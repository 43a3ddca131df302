package dev.lambdastack.console;

import picocli.CommandLine.IVersionProvider;

/** What {@code -V} prints. */
final class VersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = VersionProvider.class.getPackage().getImplementationVersion();
    return new String[] {"lambda " + (version == null ? "(built from classes)" : version)};
  }
}
