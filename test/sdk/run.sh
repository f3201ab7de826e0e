#!/usr/bin/env bash
# run.sh WEIR FOLDER SCRIPT: runs SCRIPT, which uses another project's client, against `weir sim`. The clients that
# versions.txt names are installed below FOLDER once. Ends with 77, and says why, if they cannot be had here.
set -euo pipefail
weir=$1 folder=$2 script=$3
here=$(dirname "$(readlink -f "$0")")
dir=$(mktemp -d)
sims=()
end() {
  for sim in "${sims[@]}"; do
    kill "$sim" 2>/dev/null || true
    wait "$sim" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap end EXIT
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "run.sh: $*" >&2; exit 1; }

wanted() { sed -n "s/^$1 //p" "$here/versions.txt"; }

# install KIND COMMAND…: runs the command with the packages of a kind, unless these very ones are installed.
install() {
  local kind=$1 packages
  shift
  packages=$(wanted "$kind")
  [ "$(cat "$folder/$kind.done" 2>/dev/null)" = "$packages" ] && return
  rm -f "$folder/$kind.done"
  # shellcheck disable=SC2086
  timeout 300 "$@" $packages >"$folder/$kind.log" 2>&1 ||
    skip "$1 could not install" $packages "($folder/$kind.log: $(grep -im1 error "$folder/$kind.log" || true))"
  printf '%s\n' "$packages" >"$folder/$kind.done"
}

mkdir -p "$folder"
case $script in
*.py)
  command -v python3 >/dev/null || skip "there is no python3"
  python3 -m venv --help >/dev/null 2>&1 || skip "python3 has no venv (the package python3-venv)"
  [ -x "$folder/python/bin/pip" ] || python3 -m venv "$folder/python" >"$folder/venv.log" 2>&1 ||
    skip "python3 -m venv failed (see $folder/venv.log)"
  install pip "$folder/python/bin/pip" install --quiet --retries 1 --timeout 20
  run=("$folder/python/bin/python" "$here/$script")
  ;;
*.mjs)
  command -v node >/dev/null || skip "there is no node"
  command -v npm >/dev/null || skip "there is no npm"
  # Modules are looked for beside the script that imports them.
  mkdir -p "$folder/node"
  [ -f "$folder/node/package.json" ] || echo '{"private": true}' >"$folder/node/package.json"
  install npm npm install --prefix "$folder/node" --loglevel=error --no-audit --no-fund --fetch-retries=1
  cp "$here/$script" "$folder/node/$script"
  run=(node "$folder/node/$script")
  ;;
*) fail "a script must be .py or .mjs: $script" ;;
esac

# start VARIABLE OPTION…: starts a simulated provider and puts its URL into the variable.
start() {
  local variable=$1 log=$dir/$1
  shift
  "$weir" sim --plain "$@" >"$log" &
  sims+=($!)
  for _ in $(seq 200); do
    grep -q '^listening on ' "$log" && break
    kill -0 "${sims[-1]}" 2>/dev/null || fail "the simulated provider did not start"
    sleep 0.05
  done
  export "$variable=$(sed -n 's/^listening on //p' "$log")"
}

export SIM_KEY=right
start SIM
start SIM_KEYED --key-env SIM_KEY
start SIM_LIMITED --fault 'rate-limit:1*1'
# Nothing of the user's own: keys, proxies, settings.
env -i PATH="$PATH" HOME="$dir" PYTHONDONTWRITEBYTECODE=1 \
  SIM="$SIM" SIM_KEYED="$SIM_KEYED" SIM_LIMITED="$SIM_LIMITED" SIM_KEY="$SIM_KEY" timeout 120 "${run[@]}"
