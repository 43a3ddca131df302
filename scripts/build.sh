# shellcheck shell=bash
# Sourced by the scripts that run what Maven builds. Needs toolchain.sh, and `root` set to the project's folder.

# Whether jar $1 is there and no source of the build is newer.
up_to_date() {
  [[ -f $1 ]] || return 1
  local newer
  newer=$(find "${root:?}/." \( -name target -o -name '.?*' -o -name docs -o -name dist -o -path '*/src/test' \) -prune -o -type f \
    \( -name '*.java' -o -name '*.avsc' -o -name pom.xml -o -path '*/src/main/*' -o -path '*/config/*' \) \
    -newer "$1" -print -quit)
  [[ -z $newer ]]
}

# Packages modules $1 (separated by commas) and what they need, tests left out, with more arguments for Maven; shows one line per module, and what is being downloaded when
# somebody watches. The whole log stays in target/build.log.
build() {
  local modules=$1 log=$root/target/build.log line step='' fetched=0 watched=
  shift
  require_jdk
  require_maven
  mkdir -p -- "$root/target"
  [[ -t 1 ]] && watched=yes
  printf 'Building (the first time downloads the dependencies, which takes minutes) …\n'
  if (cd -- "$root" && mvn --batch-mode --projects "$modules" --also-make -Dmaven.test.skip=true -Dall-jar.skip=true package "$@" </dev/null 2>&1) |
    tee -- "$log" |
    while IFS= read -r line; do
      if [[ $line =~ ^\[INFO\]\ Building\ (.+)\ [^\ ]+\ +\[([0-9]+/[0-9]+)\]$ ]]; then
        step="[${BASH_REMATCH[2]}] ${BASH_REMATCH[1]}"
        if [[ $watched ]]; then printf '\r\033[K  %s' "$step"; else printf '  %s\n' "$step"; fi
      elif [[ $line =~ ^(\[INFO\]\ )?Downloaded\ from ]]; then
        fetched=$((fetched + 1))
        if [[ $watched ]]; then printf '\r\033[K  %s  (%d files downloaded)' "$step" "$fetched"; fi
      fi
    done; then
    [[ $watched ]] && printf '\r\033[K'
    printf 'Built.\n'
  else
    [[ $watched ]] && printf '\n'
    grep -m 20 '^\[ERROR\]' -- "$log" >&2 || tail -n 20 -- "$log" >&2
    printf 'The build failed. Its whole log: %s\n' "$log" >&2
    exit 1
  fi
}
