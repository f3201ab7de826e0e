#!/usr/bin/env bash
# load.sh PROGRAM KIND URL CA_FILE: the service under load, with callers that leave.
set -euo pipefail
dir=$(mktemp -d)
service=
trap 'kill $service 2>/dev/null || true; wait $service 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() { echo "load.sh: $*" >&2; cat "$dir/log" "$dir/problems" >&2; exit 1; }

command -v wrk >/dev/null || { echo "skipped: there is no wrk (./run test installs it)"; exit 77; }
"$1" "$2" "$3" "$4" >"$dir/log" 2>"$dir/problems" &
service=$!
for _ in $(seq 200); do
  grep -q '^serving on' "$dir/log" && break
  kill -0 $service 2>/dev/null || fail "the service did not start"
  sleep 0.05
done
url=$(sed -n 's/^serving on //p' "$dir/log")

wrk -t1 -c32 -d3s --timeout 20s "$url/" | tee "$dir/wrk"
grep -qE '^ +[1-9][0-9]* requests in' "$dir/wrk" || fail "no request was answered"
! grep -qE 'Non-2xx|Socket errors' "$dir/wrk" || fail "some requests were not answered"

# wrk leaves in the middle of answers, and so does this caller; on a busy machine it may come too late for that.
: >"$dir/problems"
leave() {
  exec 3<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'GET / HTTP/1.1\r\nhost: service\r\n\r\n' >&3
  read -r <&3 # its first line
  exec 3>&-
  for _ in $(seq 40); do
    grep -q 'a caller has left' "$dir/problems" && return
    sleep 0.05
  done
  return 1
}
leave || leave || leave || leave || fail "an answer was not cancelled when its caller left"

kill -TERM $service
wait $service || fail "the service did not end well"
service=
echo "served"
