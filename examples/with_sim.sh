#!/usr/bin/env bash
# with_sim.sh WEIR COMMAND…: runs COMMAND… URL CA_FILE against a simulated provider with the options in SIM_OPTIONS
# (with --plain there is no CA_FILE). With SECOND_SIM_OPTIONS there are two providers, and COMMAND… gets
# URL CA_FILE SECOND_URL. With SHOWS, the output, joined to one line, must match that extended regular expression.
set -euo pipefail
weir=$1
shift
dir=$(mktemp -d)
sims=()
trap 'kill "${sims[@]}" 2>/dev/null; wait "${sims[@]}" 2>/dev/null || true; rm -rf "$dir"' EXIT

start() { # LOG OPTIONS
  local options
  read -ra options <<<"$2"
  : >"$1"
  "$weir" sim --port 0 "${options[@]}" >"$1" &
  sims+=($!)
  for _ in $(seq 200); do
    grep -qE '^(ca file|listening on http:)' "$1" && return
    kill -0 "${sims[-1]}" 2>/dev/null || break
    sleep 0.05
  done
  echo "the simulated provider did not start" >&2
  exit 1
}
url() { sed -n 's/^listening on //p' "$1"; }
ca() { cat "$(sed -n 's/^ca file: //p' "$1")"; }

start "$dir/first" "${SIM_OPTIONS:-}"
arguments=("$(url "$dir/first")")
if [[ ${arguments[0]} == https:* ]]; then
  ca "$dir/first" >"$dir/ca.pem"
  arguments+=("$dir/ca.pem")
fi
if [[ -v SECOND_SIM_OPTIONS ]]; then
  start "$dir/second" "$SECOND_SIM_OPTIONS"
  arguments+=("$(url "$dir/second")")
  ca "$dir/second" >>"$dir/ca.pem"
fi
timeout 60 "$@" "${arguments[@]}" | tee "$dir/output"
if [[ -v SHOWS ]] && ! tr '\n' ' ' <"$dir/output" | grep -qE -- "$SHOWS"; then
  echo "the output does not show: $SHOWS" >&2
  exit 1
fi
