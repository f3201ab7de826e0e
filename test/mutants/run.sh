#!/usr/bin/env bash
# run.sh BUILD [NAME…]: plants the bugs of this folder in the sources, one at a time, and expects a test to fail for each.
#
# A patch begins with a sentence about the bug and the test that must fail:
#     Test: BINARY: NAME OF THE TEST CASE
#     Env: NAME=VALUE
# BINARY is built in BUILD. Without the bug the test must pass; a patch that does not apply any more is an error.
set -euo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."
shift
patches=("${@/#/test/mutants/}")
patches=("${patches[@]/%/.patch}")
[ $# -gt 0 ] || patches=(test/mutants/*.patch)

planted=
revert() {
  [ -z "$planted" ] || git apply -R "$planted"
  planted=
}
trap revert EXIT
trap 'exit 130' INT TERM

field() { sed -n "s/^$1: //p" "$2"; }
compile() { cmake --build "$build" --target "$@" >"$build/mutants.log" 2>&1 || { tail -40 "$build/mutants.log"; return 1; }; }
passes() { # PATCH
  local test case environment=()
  test=$(field Test "$1")
  case=${test#*: }
  mapfile -t environment < <(field Env "$1")
  # In doctest a comma ends a name.
  env "${environment[@]}" timeout 300 "$build/test/${test%%: *}" -tc="${case//,/?}" -aa=1 >"$build/mutants.log" 2>&1
}
problems=()
problem() {
  echo "$*"
  problems+=("$*")
}

echo "building ${#patches[@]} tests without the bugs"
mapfile -t targets < <(for patch in "${patches[@]}"; do field Test "$patch" | sed 's/: .*//'; done | sort -u)
compile "${targets[@]}"
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  if ! git apply --check "$patch" 2>/dev/null; then
    problem "$name: does not apply any more"
    continue
  fi
  # The binary must not contain the previous patch.
  compile "$(field Test "$patch" | sed 's/: .*//')"
  if ! passes "$patch" || grep -q 'test cases: *0 ' "$build/mutants.log"; then
    problem "$name: its test does not pass without the bug, or is not there"
    continue
  fi
  git apply "$patch"
  planted=$patch
  if ! compile "$(field Test "$patch" | sed 's/: .*//')"; then
    problem "$name: does not compile"
  elif passes "$patch"; then
    problem "$name: nothing notices it: $(head -n 1 "$patch")"
  else
    echo "$name: noticed"
  fi
  revert
done
compile "${targets[@]}" # leaves BUILD without the bugs
[ ${#problems[@]} -eq 0 ] && exit
printf '%s of %s bugs:\n' "${#problems[@]}" "${#patches[@]}" >&2
printf '  %s\n' "${problems[@]}" >&2
exit 1
