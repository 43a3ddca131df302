# shellcheck shell=bash
# Sourced by the scripts beside it: which JDK and Maven they run with, and what to install when one is missing.
# Exit code 2 is for what the caller can put right.

# Texts are English and UTF-8 whatever the caller's locale is: Java reads arguments and the names of files by it, and
# awk and printf write numbers by it.
use_utf8() {
  local known
  known=$(locale -a 2>/dev/null) || return 0
  local locale
  for locale in C.UTF-8 C.utf8 en_US.UTF-8 en_US.utf8; do
    if [[ $'\n'$known$'\n' == *$'\n'"$locale"$'\n'* ]]; then
      export LC_ALL=$locale
      return 0
    fi
  done
}
use_utf8

fail() {
  printf '%s\n' "$@" >&2
  exit 2
}

# Shows what stands at the head of the script $1, and ends.
usage() {
  local text
  text=$(sed -n '2,/^set -/{/^set -/d;/^# shellcheck/d;s/^# \{0,1\}//;p}' "$1")
  printf '%s\n' "$text" || exit 74
  exit 0
}

# Whether --help or -h is among the arguments.
asks_for_help() {
  local argument
  for argument in "$@"; do
    [[ $argument != --help && $argument != -h ]] || return 0
  done
  return 1
}

# Sets TEMPORARY to the flag that names the JVM's folder for temporary files: one of its own in $1, which it deletes, or
# whatever command of ours starts next where it was killed. None where there can be none: few commands need one.
temporary_folder() {
  local folder
  # shellcheck disable=SC2034 # who sources this uses it
  TEMPORARY=()
  folder=$(mktemp -d -- "$1/lambda-tmp-XXXXXXXXXXXX" 2>/dev/null) || return 0
  # shellcheck disable=SC2034
  TEMPORARY=("-Djava.io.tmpdir=$folder")
}

# The feature version (8, 11, 17, …) that `java -version` or `javac -version` of $1 reports; empty when it does not run.
java_feature() {
  local version
  version=$("$1" -version 2>&1 | sed -n -E 's/^(javac|.* version) "?([0-9]+(\.[0-9]+)*).*/\2/p' | head -n 1) || return 0
  version=${version#1.}
  printf '%s' "${version%%.*}"
}

how_to_get_a_jdk() {
  printf '%s\n' \
    '  Debian, Ubuntu:  sudo apt-get install openjdk-17-jdk-headless' \
    '  Fedora, RHEL:    sudo dnf install java-17-openjdk-devel' \
    '  macOS:           brew install openjdk@17' \
    'and, if you have several, let JAVA_HOME name it.'
}

# Sets JAVA to a java of version 17 or newer, and NEWER to the flags that its version needs. What runs but does not build needs no more.
require_java() {
  if [[ -n ${JAVA_HOME:-} ]]; then
    JAVA=$JAVA_HOME/bin/java
    [[ -x $JAVA ]] || fail "JAVA_HOME is $JAVA_HOME, which has no bin/java. Let it name a Java 17 or newer, or unset it."
  else
    JAVA=$(command -v java) || fail 'Java 17 or newer is needed, and there is no java on the PATH. Install one:' "$(how_to_get_a_jdk)"
  fi
  local feature
  feature=$(java_feature "$JAVA")
  [[ $feature =~ ^[0-9]+$ ]] || fail "Java 17 or newer is needed, and $JAVA does not run. Install one:" "$(how_to_get_a_jdk)"
  ((feature >= 17)) || fail "Java 17 or newer is needed, and $JAVA is $feature. Install one:" "$(how_to_get_a_jdk)"
  # What a newer one would warn of at each start: native code of Hadoop, unsafe memory of Protobuf.
  # shellcheck disable=SC2034 # who sources this uses it
  NEWER=()
  # shellcheck disable=SC2034
  ((feature < 24)) || NEWER=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
}

# Sets JAVA and exports JAVA_HOME to one JDK of version 17 or newer, so that Maven builds with the same.
require_jdk() {
  require_java
  local javac feature
  if [[ -n ${JAVA_HOME:-} ]]; then
    javac=$JAVA_HOME/bin/javac
  else
    javac=$(command -v javac || true)
  fi
  [[ -n $javac && -x $javac ]] ||
    fail "A JDK 17 or newer is needed; $JAVA is a Java without a compiler (javac). Install one:" "$(how_to_get_a_jdk)"
  feature=$(java_feature "$javac")
  [[ $feature =~ ^[0-9]+$ ]] || fail "A JDK 17 or newer is needed, and $javac does not run. Install one:" "$(how_to_get_a_jdk)"
  ((feature >= 17)) || fail "A JDK 17 or newer is needed, and $javac is $feature. Install one:" "$(how_to_get_a_jdk)"
  if [[ -z ${JAVA_HOME:-} ]]; then
    local home
    home=$("$JAVA" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    # java and javac on the PATH may belong to two installations; then Maven's own search is as good as ours.
    [[ -x $home/bin/javac ]] && export JAVA_HOME=$home
  fi
  return 0
}

require_maven() {
  local found version major minor
  found=$(command -v mvn) || fail 'Maven 3.8 or newer is needed, and there is no mvn on the PATH. Install it:' "$(how_to_get_maven)"
  version=$("$found" --version 2>/dev/null | sed -n -E 's/.*Apache Maven ([0-9]+\.[0-9]+).*/\1/p' | head -n 1) || version=
  [[ -n $version ]] || fail "Maven 3.8 or newer is needed, and $found does not run (try: mvn --version). Install it:" "$(how_to_get_maven)"
  major=${version%%.*}
  minor=${version#*.}
  ((major > 3 || (major == 3 && minor >= 8))) ||
    fail "Maven 3.8 or newer is needed, and $found is $version. Install it:" "$(how_to_get_maven)"
}

how_to_get_maven() {
  printf '%s\n' \
    '  Debian, Ubuntu:  sudo apt-get install maven' \
    '  Fedora, RHEL:    sudo dnf install maven' \
    '  macOS:           brew install maven' \
    '  others:          https://maven.apache.org/install.html'
}
