#!/bin/sh
# Compares weir's client (streams) with the floor, in alternating runs, and prints
# the medians and their ratios.
#
#     benchmarks/streams.sh [BUILD_FOLDER] [ROUNDS]
#
# The simulated provider runs in a process of its own, so that only the clients'
# time counts. Use an idle machine for stable figures.
set -eu

build=${1:-build/release}
rounds=${2:-5}
work=$(mktemp -d)
provider=

finish() {
  if [ -n "$provider" ]; then
    kill "$provider" 2>/dev/null && wait "$provider" || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A thousand streams need as many descriptors on either side.
ulimit -n 8192 2>/dev/null || true

: >"$work/provider"
"$build/weir" sim --port 0 --tls >"$work/provider" 2>"$work/problems" &
provider=$!
tries=0
until grep -q '^ca file: ' "$work/provider"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$provider" 2>/dev/null; then
    echo "streams.sh: the simulated provider did not start" >&2
    cat "$work/problems" >&2
    exit 1
  fi
  sleep 0.1
done
url=$(sed -n 's/^listening on //p' "$work/provider")
ca=$(sed -n 's/^ca file: //p' "$work/provider")

# median FIELD FILE: of the values after FIELD= in the lines of FILE
median() {
  sed -n "s,.*$1=\([0-9.]*\).*,\1,p" "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

compare() {
  name=$1 streams=$2 events=$3 interval=$4
  round=0
  while [ "$round" -lt "$rounds" ]; do
    "$build/benchmarks/floor" "$url" "$streams" "$events" "$interval" --cacert "$ca" >>"$work/floor.$name"
    "$build/benchmarks/streams" "$url" "$streams" "$events" "$interval" --cacert "$ca" >>"$work/streams.$name"
    round=$((round + 1))
  done
  floor=$(median us/event "$work/floor.$name")
  weir=$(median us/event "$work/streams.$name")
  memory=$(median maxrss_kb "$work/streams.$name")
  echo "$name: $streams streams x $events events, interval $interval, median of $rounds:" \
    "floor $floor us/event, weir $weir us/event," \
    "ratio $(awk "BEGIN { printf \"%.2f\", $weir / $floor }"), weir maxrss ${memory} kB"
}

compare saturated 16 20000 0
compare paced 1000 250 20ms
