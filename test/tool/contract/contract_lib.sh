# Shared by the contracts: simulated providers, and cases that check exit code, stderr and keys. Sourced with the
# command's path as $1; changes to an empty working directory.
set -uo pipefail
weir=$(readlink -f "$1")
canary=hf_CanaryThatMustNeverBePrinted
dir=$(mktemp -d)
sims=()
failures=0
cases=0
trap 'kill "${sims[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# The machine's own configuration must not reach the command.
for name in $(env | sed -n 's/^\([A-Z_0-9]*\(_KEY\|_TOKEN\|_PROXY\|HF_[A-Z_]*\)\)=.*/\1/p'); do unset "$name"; done
unset http_proxy https_proxy all_proxy no_proxy XDG_CONFIG_HOME XDG_STATE_HOME
export HOME=$dir LC_ALL=C
# A pipe that is inherited and idle would make every chat wait for a prompt on it.
exec </dev/null

# sim NAME OPTION…: starts a simulated provider; sets url_NAME and ca_NAME.
sim() {
  local name=$1
  shift
  : >"sim_$name"
  "$weir" sim --port 0 "$@" >"sim_$name" 2>&1 &
  sims+=($!)
  for _ in $(seq 500); do
    if grep -q '^listening on' "sim_$name" && { [[ "$*" == *--plain* ]] || grep -q '^ca file' "sim_$name"; }; then
      printf -v "url_$name" %s "$(sed -n 's/^listening on //p' "sim_$name")"
      printf -v "ca_$name" %s "$(sed -n 's/^ca file: //p' "sim_$name")"
      return
    fi
    kill -0 "${sims[-1]}" 2>/dev/null || break
    sleep 0.02
  done
  echo "the simulated provider did not start: $(cat "sim_$name")"
  exit 1
}

wrong() {
  failures=$((failures + 1))
  printf 'FAILED: %s: %s\n  $ weir %s\n' "$title" "$1" "$command"
  sed 's/^/  out: /' out | cut -c1-300
  sed 's/^/  err: /' err | cut -c1-300
}

# run CODE ARGUMENT…: one line on stderr that begins with "weir: " unless CODE is 0.
run() {
  local wanted=$1 code lines
  shift
  command="$*"
  cases=$((cases + 1))
  timeout --preserve-status -k 5 "${run_limit:-20}" "$weir" "$@" >out 2>err <"${input:-/dev/null}"
  code=$?
  checks "$wanted" "$code"
}

checks() {
  [ "$2" = "$1" ] || wrong "exit code $2, not $1"
  lines=$(grep -c '^weir: .' err)
  [ "$lines" = "$([ "$1" = 0 ] && echo 0 || echo 1)" ] || wrong "$lines lines on stderr begin with 'weir: '"
  [ "$(grep -vc '^weir: ' err)" -le "${summary_lines:-1}" ] || wrong "stderr has more than a summary and a reason"
  if grep -q "Canary" out err; then wrong "the key is printed"; fi
}

err_has() { grep -q -e "$1" err || wrong "stderr does not say '$1'"; }
out_has() { grep -q -e "$1" out || wrong "stdout does not hold '$1'"; }
out_is_empty() { [ ! -s out ] || wrong "stdout is not empty"; }

# Whether the case may mount a disk of its own, by `unshare -rm`: many containers do not let it. Says so.
can_mount() {
  unshare -rm sh -c 'mount -t tmpfs -o size=64k none /mnt' 2>/dev/null && return
  echo "skipped: $title: no disk can be mounted here"
  return 1
}

# json_ends OUTCOME CONDITION: every line is an object, the last has the contract's members.
have_python=
command -v python3 >/dev/null && have_python=1 || echo "no python3: JSON is not checked"
json_ends() {
  [ -n "$have_python" ] || return
  python3 - "$1" "${2:-True}" <<'P' >check 2>&1 || wrong "$(tail -1 check)"
import json, sys
lines = [json.loads(line) for line in open('out')]
last = lines[-1]
for name in ('outcome', 'finish_reason', 'usage', 'cost', 'ttft_ms', 'total_ms', 'attempts'):
    assert name in last, 'the last object has no ' + name
assert all('type' in line for line in lines[:-1]), 'an event without a type'
assert 'outcome' not in str([list(line) for line in lines[:-1]]), 'an outcome before the end'
assert last['outcome'] == sys.argv[1], 'outcome ' + last['outcome']
text = ''.join(line['text'] for line in lines[:-1] if line['type'] == 'text')
assert eval(sys.argv[2]), sys.argv[2] + ' does not hold'
P
}

# Ends a contract: prints the counts, and fails if a case did.
finish() {
  echo "$cases cases, $failures failures, $SECONDS s"
  [ "$failures" = 0 ]
}
