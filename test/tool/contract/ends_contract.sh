#!/usr/bin/env bash
# ends_contract.sh WEIR: how the command ends: on signals, on output errors, with closed standard files.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
sim paced --plain --gap 20ms --tokens 500
sim jobs --plain --job 1h
to_plain=(--base-url "$url_plain" --model a/b)
to_paced=(--base-url "$url_paced" --model a/b)
video=(run text-to-video -p fal-ai --base-url "$url_jobs/fal-ai" -m a/b --input water)

begin() { title=$1 command=$1 cases=$((cases + 1)); }
# Read by the checks of contract_lib.sh.
: >out
: >err
code_is() { [ "$2" = "$1" ] || wrong "exit code $2, not $1"; }
said_once() { [ "$(grep -c '^weir: ' err)" = 1 ] && err_has "$1"; }
# A shell's background jobs ignore SIGINT; env gives it back its default. Nothing here runs longer than 20 s.
weir() { timeout -k 1 20 env --default-signal=INT "$weir" "$@"; }
# start ARGUMENT…: in the background, as $pid.
start() {
  command="$*"
  env --default-signal=INT "$weir" "$@" &
  pid=$!
}
# The same with a pipe as stdin. Redirected here: otherwise a background command reads /dev/null.
start_reading() {
  command="$*"
  env --default-signal=INT "$weir" "$@" <&7 7>&- &
  pid=$!
}
until_ms() { # LIMIT COMMAND…
  local begin=$(($(date +%s%N) / 1000000)) limit=$1
  shift
  until "$@" 2>/dev/null; do
    [ $(($(date +%s%N) / 1000000 - begin)) -lt "$limit" ] || return 1
    sleep 0.02
  done
}
gone() { ! kill -0 "$pid" 2>/dev/null; }
# ends CODE SECONDS: the background command ends with the code in time.
ends() {
  until_ms "$2000" gone || {
    wrong "it still runs after $2 s"
    kill -KILL "$pid"
  }
  wait "$pid"
  code_is "$1" $?
}
is_running() { [ "$(readlink "/proc/$pid/exe")" = "$weir" ]; }
watches() { [ $((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$pid/status") & 0x4000)) != 0 ]; } # SIGTERM is caught
has_begun() { grep -q said out; }
# jobs_are STATE: whether all jobs at the provider are in this state.
jobs_are() {
  local states
  exec 8<>"/dev/tcp/127.0.0.1/${url_jobs##*:}"
  printf 'GET /sim/jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n' >&8
  states=$(timeout 5 cat <&8 | grep -o '"state":"[a-z]*"' | sort -u)
  exec 8>&-
  [ "$states" = "\"state\":\"$1\"" ]
}

begin "a stderr that cannot be written to does not end a command"
for closed in full closed; do
  for what in "chat --max-tokens 3 hello" "chat --verbose --max-tokens 3 hello" "chat --json --max-tokens 3 hello" \
    models check "explain chat hello"; do
    command="$what, stderr $closed"
    # shellcheck disable=SC2086
    if [ $closed = full ]; then weir $what "${to_plain[@]}" >out 2>/dev/full; else weir $what "${to_plain[@]}" >out 2>&-; fi
    code_is 0 $?
    [ -s out ] || wrong "stdout is empty"
  done
done
weir chat --nonsense 2>/dev/full
code_is 2 $?
weir chat --model a/b hello 2>&-
code_is 3 $?
mkfifo words
exec 7<>words
weir chat "${to_plain[@]}" hello >out 2>words 7>&-
code_is 0 $?
exec 7>&-
{ weir chat --verbose "${to_plain[@]}" hello 2>&1 >out || echo "code $?" >>out; } | true
if grep -q '^code' out; then wrong "it ended because nobody reads stderr"; fi

begin "standard files that are closed at the start become /dev/null, and no other file receives their output"
weir chat "${to_plain[@]}" hello >&- 2>err
code_is 0 $?
weir chat "${to_plain[@]}" hello <&- >out 2>err
code_is 0 $?
out_has '^You said'
weir chat "${to_plain[@]}" - <&- >out 2>err
code_is 2 $?
said_once 'no prompt'
weir chat "${to_plain[@]}" hello <&- >&- 2>&-
code_is 0 $?

begin "a full stdout ends the stream at once, with one line"
timeout 5 "$weir" chat "${to_paced[@]}" hello >/dev/full 2>err
code_is 7 $?
said_once '^weir: cannot write to stdout: No space left on device$'
timeout 5 "$weir" chat "${to_paced[@]}" --json hello >/dev/full 2>err
code_is 7 $?
said_once 'No space left'
for what in --help "chat --help" --version "models ${to_plain[*]}" "explain chat ${to_plain[*]} x" "check ${to_plain[*]}"; do
  # shellcheck disable=SC2086
  weir $what >/dev/full 2>err
  code_is 7 $?
  said_once 'cannot write to stdout'
done

begin "a reader that leaves ends the stream quietly, whatever the parent does about SIGPIPE"
for how in --default-signal=PIPE --ignore-signal=PIPE; do
  env $how timeout 5 "$weir" chat "${to_paced[@]}" hello 2>err | head -c 4 >out
  code_is 141 "${PIPESTATUS[0]}"
  [ ! -s err ] || wrong "stderr is not empty"
done
weir "${video[@]}" --json 2>err | head -1 >out
code_is 141 "${PIPESTATUS[0]}"
jobs_are cancelled || wrong "the job is not cancelled"

begin "a signal ends a stream"
for ending in "INT 130 interrupted" "TERM 143 terminated" "HUP 129 hung.up"; do
  read -r name code words <<<"$ending"
  start chat "${to_paced[@]}" hello >out 2>err </dev/null
  until_ms 5000 has_begun
  kill -"$name" "$pid"
  ends "$code" 3
  said_once "^weir: ${words/./ }$"
  start chat "${to_plain[@]}" --header 'x-fault: stall=3' --token-timeout 0 --json hello >out 2>err </dev/null
  until_ms 5000 has_begun
  kill -"$name" "$pid"
  ends "$code" 3
  json_ends cancelled 'text.startswith("You said")'
done

begin "a signal that the parent ignores is ignored"
(
  trap '' HUP
  exec "$weir" chat "${to_paced[@]}" --max-tokens 20 hello >out 2>err
) &
pid=$!
until_ms 5000 has_begun
kill -HUP "$pid"
ends 0 10

begin "a signal cancels a job"
for ending in "INT 130" "TERM 143" "HUP 129"; do
  read -r name code <<<"$ending"
  start "${video[@]}" -o video.mp4 --verbose >out 2>err </dev/null
  until_ms 5000 grep -q submitted err
  kill -"$name" "$pid"
  ends "$code" 5
  jobs_are cancelled || wrong "the job is not cancelled"
  [ -z "$(ls | grep video)" ] || wrong "a file is left"
done

begin "cancelling a job takes at most two seconds, and a second signal skips it"
at_work() {
  : >err
  start "${video[@]}" -o video.mp4 --verbose >out 2>err </dev/null
  until_ms 5000 grep -q submitted err
  kill -STOP "${sims[2]}"
}
at_work
kill -TERM "$pid"
ends 143 4
kill -CONT "${sims[2]}"
at_work
kill -HUP "$pid"
sleep 0.3
kill -HUP "$pid"
until_ms 500 gone && wrong "a second SIGHUP skips the cancellation"
kill -INT "$pid"
ends 129 1
kill -CONT "${sims[2]}"

begin "a signal ends a command whose stdout nobody reads"
mkfifo full
exec 7<>full
dd if=/dev/zero of=full oflag=nonblock bs=4096 count=64 2>/dev/null
for ending in "INT 130" "TERM 143" "HUP 129"; do
  read -r name code <<<"$ending"
  for how in words nothing; do
    if [ $how = words ]; then
      start chat "${to_paced[@]}" hello >full 2>err </dev/null 7>&-
    else
      start chat "${to_paced[@]}" --json hello >full 2>&1 </dev/null 7>&-
    fi
    until_ms 5000 watches
    sleep 0.3
    gone && wrong "it did not wait"
    kill -"$name" "$pid"
    ends "$code" 3
  done
done
exec 7>&-

begin "a signal ends the wait for a prompt"
mkfifo prompt
for ending in "INT 130 interrupted" "TERM 143 terminated"; do
  read -r name code words <<<"$ending"
  exec 7<>prompt
  start_reading chat "${to_plain[@]}" --json - >out 2>err
  until_ms 5000 watches
  printf 'half a prompt' >&7
  kill -"$name" "$pid"
  ends "$code" 2
  exec 7>&-
  said_once "^weir: $words$"
  json_ends cancelled 'last["attempts"] == []'
done
start chat "${to_plain[@]}" @prompt >out 2>err </dev/null
until_ms 5000 watches
sleep 0.2
kill -INT "$pid"
ends 130 6
start explain chat "${to_plain[@]}" @prompt >out 2>err </dev/null
until_ms 5000 watches
sleep 0.2
kill -TERM "$pid"
ends 143 6

# typed KEYS ARGUMENT…: the command on a terminal of its own, with these keys typed once it runs; its stdout and stderr
# go to `screen`.
typed() {
  local keys=$1
  shift
  rm -f keys pid
  mkfifo keys
  command="$* (on a terminal)"
  printf -v quoted '%q ' "$weir" "$@"
  timeout -k 1 15 script -qec "echo \$\$ >pid; exec env --default-signal=INT $quoted" /dev/null <keys >screen 2>&1 &
  local terminal=$!
  exec 7>keys
  until_ms 5000 test -s pid
  pid=$(cat pid)
  until_ms 5000 is_running && until_ms 5000 "${typed_after:-watches}"
  # shellcheck disable=SC2059
  printf "$keys" >&7
  wait $terminal
  typed_code=$?
  exec 7>&-
}
screen_has() { grep -q "$1" screen || wrong "the screen does not show '$1': $(head -c 300 screen)"; }

if command -v script >/dev/null; then
  begin "on a terminal Ctrl-D ends a prompt once, and Ctrl-C at once"
  typed 'from a terminal\n\004' chat "${to_plain[@]}" -
  code_is 0 $typed_code
  screen_has 'You said: "from a terminal"'
  typed '\003' chat "${to_plain[@]}" -
  code_is 130 $typed_code
  screen_has 'weir: interrupted'
  typed 'half\003' chat "${to_plain[@]}" -
  code_is 130 $typed_code
  on_screen() { grep -q said screen; }
  typed_after=on_screen typed '\003' chat "${to_paced[@]}" hello
  code_is 130 $typed_code
  screen_has 'weir: interrupted'
else
  echo "no script(1): terminals are not checked"
fi

finish
