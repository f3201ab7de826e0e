#!/usr/bin/env bash
# with_sim.sh WEIR COMMAND…: runs COMMAND… URL CA_FILE against a simulated provider, which
# gets SIM_OPTIONS from the environment.
set -euo pipefail
weir=$1
shift
log=$(mktemp)
# shellcheck disable=SC2086
"$weir" sim --port 0 ${SIM_OPTIONS:-} >"$log" &
sim=$!
trap 'kill $sim 2>/dev/null; wait $sim 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 200); do
  grep -q '^ca file' "$log" && break
  kill -0 $sim 2>/dev/null || { echo "the simulated provider did not start" >&2; exit 1; }
  sleep 0.05
done
timeout 60 "$@" "$(sed -n 's/^listening on //p' "$log")" "$(sed -n 's/^ca file: //p' "$log")"
