#!/usr/bin/env bash
# guard.sh PROGRAM FIGURES [--accept]
#
# Counts what weir's client does in the loads of PROGRAM (test/guard/main.cpp), by callgrind: instructions for an event,
# a call and a connection, and allocations. Fails if a figure is more than 3 % above the one in FIGURES; with --accept
# writes FIGURES anew. None of this depends on the clock or on how busy the machine is, but it does on compilers and
# libraries: with others than FIGURES names, nothing is compared. Ends with 77 if there is no valgrind.
set -euo pipefail
program=$1 figures=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

command -v valgrind >/dev/null || { echo "skipped: there is no valgrind (./run test installs it)"; exit 77; }

valgrind --tool=callgrind --callgrind-out-file="$dir/dump" --instr-atstart=no --collect-atstart=no \
  "$program" >"$dir/printed" 2>"$dir/problems" || { cat "$dir/problems" >&2; exit 1; }

# Each dump names its load and has the sum of its instructions.
for dump in "$dir"/dump.*; do
  sed -n -e 's/^desc: Trigger: Client Request: //p' -e 's/^totals: //p' "$dump" | paste -sd ' ' -
done >"$dir/instructions"

{
  echo "# Written by ./run guard --accept; what it counts is in test/guard/main.cpp."
  echo "versions: $(sed -n 's/^versions //p' "$dir/printed"), $(valgrind --version)"
  awk 'NR == FNR { sum[$1] = $2; next }
    $2 == "units" { printf "%s.instructions %.0f\n", $1, sum[$1] / $3; next }
    $1 != "versions"' "$dir/instructions" "$dir/printed"
} >"$dir/figures"

if [ "${3:-}" = --accept ]; then
  cp "$dir/figures" "$figures"
  echo "wrote $figures"
  exit
fi
if [ "$(sed -n 's/^versions: //p' "$dir/figures")" != "$(sed -n 's/^versions: //p' "$figures")" ]; then
  echo "other versions: figures not compared"
  diff <(grep '^versions' "$figures") <(grep '^versions' "$dir/figures") || true
  grep -v '^[#v]' "$dir/figures"
  exit
fi

awk -v tolerance=0.03 '
  /^#/ || /^versions/ { next }
  NR == FNR { kept[$1] = $2; next }
  !($1 in kept) { printf "%-32s %10s %10s  NEW\n", $1, "", $2; wrong++; next }
  {
    change = kept[$1] > 0 ? ($2 / kept[$1] - 1) * 100 : 0
    # Of allocations for an event there are few or none: one in fifty events more is noise.
    slack = $1 ~ /allocations$/ ? 0.02 : 0
    verdict = ""
    if ($2 > kept[$1] * (1 + tolerance) + slack) { verdict = "  MORE"; wrong++ }
    else if ($2 < kept[$1] * (1 - tolerance) - slack) { verdict = "  less"; better++ }
    printf "%-32s %10s %10s  %+5.1f %%%s\n", $1, kept[$1], $2, change, verdict
    delete kept[$1]
  }
  END {
    for (name in kept) { printf "%-32s %10s %10s  GONE\n", name, kept[name], ""; wrong++ }
    if (better) printf "%d figures are more than 3 %% lower: ./run guard --accept keeps it so\n", better
    if (wrong) {
      printf "%d figures are more than 3 %% higher, new or gone. If that is worth it, accept them: ./run guard --accept\n", wrong
      exit 1
    }
  }' "$figures" "$dir/figures"
