#!/usr/bin/env bash
# run.sh FOLDER SECONDS [HARNESS…]: fuzzes each harness that is built in FOLDER for so long, from the kept inputs. What
# is found on the way stays in FOLDER/found; an input that breaks an invariant is printed, and ends the run with 1.
set -euo pipefail
folder=$1
seconds=$2
corpus=$(dirname "$(readlink -f "$0")")/corpus
shift 2
harnesses=("$@")
[ $# -gt 0 ] || mapfile -t harnesses < <(ls "$corpus")
broken=()
for name in "${harnesses[@]}"; do
  [ "$name" != h2 ] || [ -x "$folder/fuzz_h2" ] || continue # a build without nghttp2
  found=$folder/found/$name
  mkdir -p "$found"
  printf '%s, %s s: ' "$name" "$seconds"
  if "$folder/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$folder/broken_$name-" "$found" "$corpus/$name" >"$folder/$name.log" 2>&1; then
    sed -n 's/^stat::number_of_executed_units: //p' "$folder/$name.log" | sed 's/$/ inputs, nothing broken/'
  else
    echo broken
    grep -vE '^(#|NEW|INFO)' "$folder/$name.log" | tail -40
    broken+=("$name")
  fi
done
[ ${#broken[@]} -eq 0 ] || { echo "broken: ${broken[*]}; the inputs are $folder/broken_*" >&2; exit 1; }
