#!/usr/bin/env bash
# files_contract.sh WEIR: where -o saves results, and which files exist before and after.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
sim paced --plain --job 3s
at() { where=(-p fal-ai --base-url "$1/fal-ai" -m a/b --input water); }
at "$url_plain"
image() { run "$1" run text-to-image "${where[@]}" "${@:2}"; }
png=$(printf '\x89PNG')
is_png() { [ "$(head -c 4 "$1" 2>/dev/null)" = "$png" ] || wrong "$1 is no PNG"; }
holds() { [ "$(cat "$1" 2>/dev/null)" = "$2" ] || wrong "$1 does not hold '$2'"; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ] || wrong "the mode of $1 is $(stat -c %a "$1"), not $2"; }
# asked_nothing [count]: the provider has got no job since the last time; with count, only counts them.
jobs_before=0
asked_nothing() {
  local now
  exec 8<>"/dev/tcp/127.0.0.1/${url_plain##*:}"
  printf 'GET /sim/jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n' >&8
  now=$(timeout 5 cat <&8 | grep -o '"id":"simjob' | wc -l)
  exec 8>&-
  [ "${1:-}" = count ] || [ "$now" = "$jobs_before" ] || wrong "the provider was called"
  jobs_before=$now
}
mkdir saved
only() { [ "$(ls -A saved | tr '\n' ' ')" = "$1" ] || wrong "there is: $(ls -A saved | tr '\n' ' ')"; }

title="a new file has the mode that umask allows"
(umask 027 && "$weir" run text-to-image "${where[@]}" -o saved/new.png -q) >out 2>err
mode_is saved/new.png 640
is_png saved/new.png
only 'new.png '

title="an existing file keeps its mode and its place behind links"
echo private >saved/private.png
chmod 600 saved/private.png
ln -s private.png saved/link.png
image 0 -o saved/link.png
out_has '^saved/link.png$'
is_png saved/private.png
mode_is saved/private.png 600
[ -L saved/link.png ] || wrong "the link was replaced"
only 'link.png new.png private.png '
rm saved/*

title="FIFOs and devices are written to, not replaced"
mkfifo saved/pipe.png
timeout 20 cat saved/pipe.png >got &
image 0 -o saved/pipe.png
wait $!
is_png got
[ -p saved/pipe.png ] || wrong "the FIFO was replaced"
# Never a path below /dev: run as root, a mistake would replace the machine's own device.
if mknod saved/null c 1 3 2>check && : 2>check >saved/null; then
  image 0 -o saved/null
  [ -c saved/null ] || wrong "the device was replaced"
fi
rm -f saved/null
only 'pipe.png '
rm saved/*

title="a FIFO that nobody reads ends with the deadline"
mkfifo saved/pipe.png
image 6 -o saved/pipe.png --deadline 3s
rm saved/*

title="- and links to /proc/self/fd mean files that are already open"
ln -s /proc/self/fd/1 stdout
ln -s /proc/self/fd/9 ninth
image 0 -o -
is_png out
grep -aq '^-$\|stdout' out && wrong "its name is in the result"
[ ! -e - ] || wrong "a file of that name was created"
"$weir" run text-to-image "${where[@]}" -q -o stdout | cat >out
is_png out
grep -aq '^stdout$' out && wrong "its name is in the result"
"$weir" run text-to-image "${where[@]}" -q -o ninth 9>saved/ninth >out 2>err
is_png saved/ninth
only 'ninth '
rm saved/*
echo before >saved/log
"$weir" run summarization -p hf-inference --base-url "$url_plain/hf-inference" -m weir/summarization --input x -q -o stdout >>saved/log 2>err
[ "$(wc -l <saved/log)" = 2 ] || wrong "it was not appended"
rm saved/*

title="a descriptor that was not open at the start cannot be saved to: it is the command's own"
for number in 3 4 5 6 7 8 9; do
  image 2 -o "/dev/fd/$number" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # whatever the test's parent left open
  err_has "cannot write /dev/fd/$number: Bad file descriptor"
done
run 2 run text-to-image "${where[@]}" -o ''
err_has 'output: must not be empty'

title="a result that cannot be written exits with 7, and a text is printed instead: it was paid for"
text=(-p hf-inference --base-url "$url_plain/hf-inference" -m weir/summarization)
image 7 -o /dev/full
err_has 'cannot write /dev/full: No space left'
run 7 run summarization "${text[@]}" --input 'the tide' -o /dev/full
out_has '^the tide$'
run 7 run summarization "${text[@]}" --input 'the tide' -o /dev/full --json
json_ends complete "lines[0]['result']['texts'] == ['the tide'] and len(lines) == 2"
run 7 run text-generation -p tgi --base-url "$url_plain" --input 'Once upon' -o /dev/full
out_has '^You said: "Once upon"'

title="a path that cannot be saved to is refused before the provider is called"
asked_nothing count
image 2 -o saved
err_has 'cannot write saved: it is a folder'
image 2 -o saved/none/x.png
err_has 'cannot write saved/none/x.png: No such file'
image 2 -o saved/none/
err_has 'cannot write saved/none/: there is no such folder'
text=(-p hf-inference --base-url "$url_plain/hf-inference" -m weir/summarization --input x)
run 2 run summarization "${text[@]}" -o saved
err_has 'it is a folder'
run 2 run text-generation -p tgi --base-url "$url_plain" --input x -o saved/none/x.txt
err_has 'No such file'
if [ "$(id -u)" != 0 ]; then
  chmod 500 saved
  image 2 -o saved/x.png
  err_has 'Permission denied'
  chmod 700 saved
fi
asked_nothing
only ''

title="texts are saved like files, also with --json"
echo old >saved/text
chmod 600 saved/text
run 0 run summarization "${text[@]}" -o saved/text
out_is_empty
mode_is saved/text 600
grep -q old saved/text && wrong "the old text is still there"
run 0 run summarization "${text[@]}" -o saved/text --json
json_ends complete "lines[0]['type'] == 'result'"
[ -s saved/text ] || wrong "the text was not saved"
run 0 run text-generation -p tgi --base-url "$url_plain" --input 'Once upon' -o saved/more
[ -s saved/more ] || wrong "the text was not saved"
run 5 run text-generation -p tgi --base-url "$url_plain" --input x --header 'x-fault: cut=10' --retries 0 -o saved/cut
only 'more text '
rm saved/*

title="nothing is left of an incomplete result"
echo old >saved/old.png
for fault in download-cut job-fails download-missing; do
  "$weir" run text-to-image "${where[@]}" -q -o saved/old.png --header "x-fault: $fault" >out 2>err && wrong "it succeeded"
  "$weir" run text-to-image "${where[@]}" -q -o saved/new.png --header "x-fault: $fault" >out 2>err && wrong "it succeeded"
done
at "$url_paced"
for signal in INT TERM HUP KILL; do
  (timeout -s $signal 1 env --default-signal=INT "$weir" run text-to-video "${where[@]}" -q -o saved/new.png; :) >out 2>&1
done
only 'old.png '
holds saved/old.png old

finish
