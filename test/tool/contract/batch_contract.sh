#!/usr/bin/env bash
# batch_contract.sh WEIR: jobs from files to a file: what is asked, kept, resumed, refused and told.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain --tokens 20
to_plain=(--base-url "$url_plain" --model a/b)
cat >prices.json <<'P'
{"prices": [{"model": "a/b", "input": "1", "output": "2"}]}
P
{
  echo ticket,text
  for i in $(seq 300); do echo "T-$i,\"Number $i, says \"\"hello\"\"\""; done
} >rows.csv
job=(batch rows.csv --template 'Summarise: {{text}}' "${to_plain[@]}")

title="a dry run tells what the job would be, and sends nothing"
run 0 "${job[@]}" --prices prices.json --max-tokens 10 --dry-run
out_has '^items  *300$'
out_has '^cost  *about \$'
[ ! -e rows.csv.journal ] || wrong "a journal was begun"

title="a table in, a table out, its answers joined to the rows in their order"
summary_lines=12
run 0 "${job[@]}" --prices prices.json -o out.csv
out_is_empty
[ "$(wc -l <out.csv)" = 301 ] || wrong "there are not 300 rows"
[ "$(head -1 out.csv | tr -d '\r')" = ticket,text,answer,weir_error ] || wrong "the header is $(head -1 out.csv)"
head -2 out.csv | grep -q '^T-1,"Number 1, says ""hello""",' || wrong "the first row is not the first"
err_has '300 complete'
err_has 'cost  *\$'
[ "$(stat -c %a out.csv.journal)" = 600 ] || wrong "others may read the journal"

title="run again, it asks nothing"
cp out.csv before.csv
run 0 "${job[@]}" -o out.csv
err_has '300 from an earlier run'
cmp -s out.csv before.csv || wrong "the output has changed"

title="rows that are appended are asked, and only they"
echo 'T-301,One more' >>rows.csv
run 0 "${job[@]}" -o out.csv
err_has 'requests  *1 in'
[ "$(wc -l <out.csv)" = 302 ] || wrong "the new row is missing"

title="a row that has changed is refused, and asked again with --force"
sed -i 's/^T-7,.*/T-7,changed/' rows.csv
run 2 "${job[@]}" -o out.csv --quiet
err_has 'its request has changed since'
run 0 "${job[@]}" -o out.csv --force
err_has 'requests  *1 in'

title="a dry run of a job that has begun tells what is left"
run 0 "${job[@]}" --prices prices.json -o out.csv --dry-run
out_has '^items  *301$'
out_has '^answered  *301 in out.csv.journal$'
out_has '^left to ask  *none$'
grep -q '^cost' out && wrong "what is done has a price"
cp rows.csv grown.csv
cp out.csv.journal before.journal
printf 'T-302,More\nT-303,More\n' >>rows.csv
run 0 "${job[@]}" --prices prices.json -o out.csv --dry-run --json
out_has '^{"items":303,"answered":301,.*"left_to_ask":2,.*"models":{"a/b":2}'
mv grown.csv rows.csv
run 0 batch rows.csv --template 'Summarize: {{text}}' "${to_plain[@]}" -o out.csv --dry-run
out_has '^changed  *301 since they were answered: without --force'
cmp -s out.csv.journal before.journal || wrong "a dry run has written to the journal"

title="other settings are refused by the journal"
run 3 batch rows.csv --template 'Summarise: {{text}}' --base-url "$url_plain" --model c/d -o out.csv --quiet
err_has 'was begun with other settings'

title="forced to another target, it says whose answers stay"
sim other --plain --tokens 20
printf 'one\ntwo\n' >kept.txt
run 0 batch kept.txt "${to_plain[@]}" -o kept.csv --quiet
echo three >>kept.txt
"$weir" batch kept.txt --base-url "$url_other" --model a/b -o kept.csv --force 2>err >out || wrong "it failed"
err_has "^weir: 2 items keep the answers of a/b at $url_plain; only the others are asked here"
err_has 'requests  *1 in'

title="what would fail every item is refused before the journal is made"
at_wrong=(batch rows.csv --template '{{text}}' -o wrong.csv --quiet)
run 3 "${at_wrong[@]}" -p mistrall --base-url "$url_plain" --model a/b
err_has 'there is no provider "mistrall"; the providers are auto, .*; with a URL it may be left out'
run 3 "${at_wrong[@]}" -p groqq --base-url "$url_plain" --model a/b
err_has 'there is no provider "groqq" (did you mean groq?)'
run 3 "${at_wrong[@]}" -p nosuch --model a/b
err_has 'there is no provider "nosuch".* knows auto,.* groq'
run 3 "${at_wrong[@]}" "${to_plain[@]}" --fallback nosuch/a
err_has '^weir: --fallback: there is no provider "nosuch"'
run 3 "${at_wrong[@]}" --config none -p groq --model a/b
err_has 'no key for groq: set .*GROQ_API_KEY'
run 3 "${at_wrong[@]}" --config none -p groq --model a/b --fallback cerebras/a
err_has 'no key for groq: set .*GROQ_API_KEY'
GROQ_API_KEY=key run 2 "${at_wrong[@]}" --config none -p groq
err_has 'no model is named: name one with --model'
run 3 "${at_wrong[@]}" --config none -p nosuch --model a/b --via provider
GROQ_API_KEY=key run 2 "${at_wrong[@]}" --config none -p groq --model a/b --via provider --batch-api nosuch
err_has 'there is no batch API "nosuch"; there are '
input=rows.csv run 3 batch - --template '{{text}}' -o wrong.csv --quiet -p nosuch --model a/b
err_has 'there is no provider "nosuch"'
[ ! -e wrong.csv.journal ] || wrong "a journal was made"

title="an id that comes twice is refused before anything is sent"
printf '%s\n' '{"custom_id":"a","prompt":"x"}' '{"custom_id":"b","prompt":"y"}' '{"custom_id":"a","prompt":"z"}' >twice.jsonl
run 2 batch twice.jsonl "${to_plain[@]}" -o twice.out --quiet
err_has 'the id "a" comes twice: twice.jsonl:1 and twice.jsonl:3'
[ ! -e twice.out ] || wrong "something was written"

title="a broken line is a failure with its number, and the rest is asked"
printf '%s\n' '{"custom_id":"a","prompt":"x"}' '{broken' '{"custom_id":"c","prompt":"z"}' >broken.jsonl
run 9 batch broken.jsonl "${to_plain[@]}" -o broken.out.jsonl --failures bad.jsonl
err_has '2 complete, 1 failed'
[ "$(wc -l <broken.out.jsonl)" = 3 ] || wrong "an item is missing"
grep -q 'broken.jsonl:2' bad.jsonl || wrong "the failure does not say where"

title="columns that a template names and the table has not are refused"
run 2 batch rows.csv --template '{{txet}}' "${to_plain[@]}" -o never.csv --quiet
err_has 'txet'

title="an output of somebody else is left alone"
echo precious >mine.csv
run 2 "${job[@]}" -o mine.csv --quiet
err_has 'mine.csv exists, and is not of this job'
[ "$(cat mine.csv)" = precious ] || wrong "it was overwritten"
run 2 "${job[@]}" -o rows.csv --quiet
err_has 'rows.csv is an input'
run 2 "${job[@]}" --quiet
err_has 'the results need a place'

title="no place that the job would destroy is taken, whatever option names it"
cp rows.csv input.csv
for place in --status --failures --journal; do
  run 2 batch input.csv --template '{{text}}' "${to_plain[@]}" -o places.csv $place ./input.csv --quiet
  err_has 'input.csv is an input and would be overwritten'
done
cmp -s rows.csv input.csv || wrong "the input was overwritten"
run 2 batch input.csv --template '{{text}}' "${to_plain[@]}" -o places.csv --status ./places.csv --quiet
err_has 'the output and the status cannot be the same file'
run 2 batch input.csv --template '{{text}}' "${to_plain[@]}" -o places.csv --failures mine.csv --quiet
err_has 'mine.csv exists, and is no file of failures'
[ ! -e places.csv.journal ] || wrong "a job was begun"

title="failures are an input again, whatever the input was"
cat >forms.jsonl <<'F'
{"custom_id":"oa","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"hi"}]}}
{"custom_id":"an","params":{"model":"m","max_tokens":90,"messages":[{"role":"user","content":"hi"}]}}
{"key":"ge","request":{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}}
{"id":"pr","prompt":"hi","lang":"de"}
F
printf 'a line\n\nanother line\n' >forms.txt
dead=(--base-url http://127.0.0.1:1 --model a/b --retries 0 --rounds 0)
summary_lines=20
run 9 batch forms.jsonl forms.txt "${dead[@]}" -o forms.out.jsonl --failures forms.bad.jsonl
[ "$(wc -l <forms.bad.jsonl)" = 6 ] || wrong "a failure is missing"
run 0 batch forms.bad.jsonl "${to_plain[@]}" -o forms.csv
[ "$(tail -n +2 forms.csv | grep -c '"You said: ')" = 6 ] || wrong "a failure was not asked again: $(cat forms.csv)"
grep -q 'forms.txt:3' forms.csv || wrong "a line has lost its place"

title="a table of requests has their ids"
printf '%s\n' '{"custom_id":"a","prompt":"x","lang":"de"}' '{"custom_id":"b","prompt":"y","lang":"fr"}' >ids.jsonl
run 0 batch ids.jsonl "${to_plain[@]}" -o ids.csv
[ "$(head -1 ids.csv)" = lang,id,answer,weir_error ] || wrong "the header is $(head -1 ids.csv)"
grep -q '^fr,b,' ids.csv || wrong "an id is missing"

title="an input of which nothing can be asked is refused, with the reason"
printf '{"a":1}\n{"a":2}\n' >nothing.jsonl
run 2 batch nothing.jsonl "${to_plain[@]}" -o nothing.csv --quiet
err_has 'nothing here can be asked: nothing.jsonl:1: the row is no request.*a template such as'

title="a dry run is for programs too, and says what it cannot read"
run 0 "${job[@]}" --prices prices.json --max-tokens 10 --dry-run --json
out_has '^{"items":301,.*"output_limited":true,.*"cost":{"USD":"0'
input=rows.csv run 0 batch - --template '{{text}}' "${to_plain[@]}" --dry-run
out_has '^not read .*stdin'
title="no two of what a job writes are the same file, nor an input"
for twice in "--failures mine2.csv" "--status ./mine2.csv" "--status mine2.csv.journal" "--failures mine2.csv.journal"; do
  # shellcheck disable=SC2086
  run 2 "${job[@]}" -o mine2.csv $twice --quiet
  err_has 'cannot be the same file'
done

title="two runs at once: the second is refused"
sim slow --plain --ttft 400ms
"$weir" batch rows.csv --template '{{text}}' --base-url "$url_slow" --model a/b -o slow.csv --quiet --concurrency 10 2>first &
first=$!
for _ in $(seq 50); do [ -e slow.csv.journal ] && break; sleep 0.1; done
run 3 batch rows.csv --template '{{text}}' --base-url "$url_slow" --model a/b -o slow.csv --quiet
err_has 'slow.csv.journal'
kill -TERM $first # SIGINT is ignored by jobs in the background
wait $first
[ $? = 143 ] || wrong "an interrupted job did not end as one"
lines=$(($(wc -l <slow.csv) - 1))
[ "$lines" -gt 0 ] && [ "$lines" -lt 301 ] || wrong "there are $lines answers of an interrupted job"

title="stopped at once, it says that there is no output, and names none"
sim stuck --plain --fault no-head=0.5
"$weir" batch rows.csv --template '{{text}}' --base-url "$url_stuck" --model a/b -o stuck.csv --status stuck.json \
  --concurrency 8 2>err &
stuck=$!
for _ in $(seq 100); do grep -q '"done":[1-9]' stuck.json 2>/dev/null && break; sleep 0.1; done
kill -TERM $stuck
sleep 0.5 # a signal within 100 ms is the same one
kill -TERM $stuck
wait $stuck
[ $? = 143 ] || wrong "a stopped job did not end as one"
[ ! -e stuck.csv ] || wrong "the output is there"
tail -1 err | grep -q 'the output is not written; the journal has every answer' || wrong "it does not say what is missing"
if grep -q '^output' err; then wrong "an output is named that is not there"; fi

title="a target that has answered nothing may be put right"
printf "one\ntwo\n" >right.txt
run 9 batch right.txt --template '{{text}}' --base-url http://127.0.0.1:1 --model a/b -o right.csv --quiet --retries 0 \
  --rounds 0
run 0 batch right.txt --template '{{text}}' "${to_plain[@]}" -o right.csv --quiet
run 3 batch right.txt --template '{{text}}' --base-url http://127.0.0.1:1 --model a/b -o right.csv --quiet
err_has 'was begun with other settings'

title="killed, and run again: every id once"
for _ in 1 2 3; do
  "$weir" batch rows.csv --template '{{text}}' --base-url "$url_plain" --model a/b -o killed.csv --quiet --concurrency 20 &
  sleep "0.1$RANDOM"
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
done
run 0 batch rows.csv --template '{{text}}' --base-url "$url_plain" --model a/b -o killed.csv --quiet
[ "$(tail -n +2 killed.csv | cut -d, -f1 | sort | uniq | wc -l)" = 301 ] || wrong "an id is missing"
[ "$(wc -l <killed.csv)" = 302 ] || wrong "an id is there twice"

title="parts of a job, joined, are the job"
for k in 1 2 3; do
  run 0 batch rows.csv --template '{{text}}' "${to_plain[@]}" --split $k/3 -o part$k.csv --quiet
done
summary_lines=1
run 0 batch merge part1.csv part2.csv part3.csv -o joined.csv
err_has '301 items of 3 parts'
cmp -s joined.csv killed.csv || wrong "the parts are not the whole"

run 0 batch merge part1.csv part2.csv part3.csv -o joined.csv
err_has '301 items of 3 parts'
run 2 batch merge part1.csv part2.csv part3.csv -o part1.csv
err_has 'part1.csv is an input'
run 2 batch merge part1.csv part1.csv.journal -o twice.csv
err_has 'named twice'
run 2 batch merge part1.csv part2.csv -o mine.csv
err_has 'mine.csv exists'
run 2 batch merge part1.csv part9.csv -o twice.csv
err_has 'part9.csv is no part of a job'

title="a part that was run again is merged again"
run 9 batch rows.csv --template '{{text}}' --base-url http://127.0.0.1:1 --model a/b --retries 0 --rounds 0 --limit 20 -o half.csv --quiet
run 9 batch merge half.csv -o again.csv
err_has '20 items have no complete answer'
run 0 batch rows.csv --template '{{text}}' "${to_plain[@]}" --limit 20 -o half.csv --force --quiet
run 0 batch merge half.csv -o again.csv
grep -q 'connect_failed' again.csv && wrong "a failure is left"

title="a ceiling needs a price list"
run 2 "${job[@]}" --max-cost 5 -o unpriced.csv --quiet
err_has 'max-cost needs prices'

title="a ceiling ends the job before it is exceeded, and says so"
summary_lines=12
run 8 "${job[@]}" --prices prices.json --max-tokens 20 --max-cost 0.005 -o dear.csv --concurrency 4
err_has 'max-cost'
run 8 "${job[@]}" --prices prices.json --max-tokens 20 --max-cost 0.005 -o dear.csv --concurrency 4 --json
out_has '"cost"'

title="what ends a job is its exit code"
run 3 batch rows.csv --template '{{text}}' --config none --model a/b -o keyless.csv --quiet
err_has 'set HF_TOKEN'
sim strict --plain --fault unauthorized
run 4 batch rows.csv --template '{{text}}' --base-url "$url_strict" --model a/b -o refused.csv --quiet
err_has '100 items in a row failed'
run 6 batch rows.csv --template '{{text}}' --base-url "$url_slow" --model a/b -o late.csv --concurrency 2 --deadline 2s --quiet
err_has 'the deadline is near'

title="failures are asked again at the end, and what is left is told"
sim flaky --plain --fault 503=0.3 --tokens 20
run 0 batch rows.csv --template '{{text}}' --base-url "$url_flaky" --model a/b -o flaky.csv --rounds 5 --concurrency 20
err_has '301 complete'

title="answers are selected, and checked against a schema"
echo '{"type":"object","properties":{"label":{"type":"string"}},"required":["label"]}' >schema.json
sim whole --plain
head -5 rows.csv >few.csv
run 0 batch few.csv --template '{{text}}' --base-url "$url_whole" --model a/b --schema @schema.json --select label=.json.label -o labels.csv --quiet
[ "$(head -1 labels.csv | tr -d '\r')" = ticket,text,label,weir_error ] || wrong "the header is $(head -1 labels.csv)"

title="how far it is, for programs"
run 0 batch few.csv --template '{{text}}' "${to_plain[@]}" -o told.csv --quiet --status status.json --json
out_has '"done":4'
grep -q '"done":4.*"output":"told.csv"' status.json || wrong "the status file does not tell the end"
cmp -s status.json out || wrong "the status file is not the report"

title="a full disk keeps what it can, and says what to do"
if [ -w /dev/full ]; then
  run 7 batch few.csv --template '{{text}}' "${to_plain[@]}" --journal full.journal -o /dev/full --quiet
  err_has 'cannot write'
  run 0 batch few.csv --template '{{text}}' "${to_plain[@]}" --journal full.journal -o after.csv --quiet
  [ "$(wc -l <after.csv)" = 5 ] || wrong "the answers are lost"
fi

title="a disk without room for another result: nothing is sent, and what was sent is kept"
if can_mount; then
  mkdir disk
  # filled LEAVE: the job on a disk with so many KiB, in its own view of the files, and again once there is room.
  filled() {
    rm -f full.csv
    unshare -rm bash -c '
      mount -t tmpfs -o size=1m none disk || exit 99
      head -c "$1" /dev/zero >disk/ballast
      shift
      "$@" 2>first
      echo $? >code
      rm disk/ballast
      "$@" 2>second' bash "$((1048576 - $1 * 1024))" "$weir" batch rows.csv --template '{{text}}' "${to_plain[@]}" \
      --journal disk/j -o full.csv
  }
  filled 12
  [ "$(cat code)" = 7 ] || wrong "exit code $(cat code)"
  cp first err
  err_has 'disk/j has no room for another result, so nothing more is sent: make room'
  grep -q '^requests' first && wrong "requests were sent"
  filled 200
  [ "$(cat code)" = 7 ] || wrong "exit code $(cat code)"
  sent=$(sed -n 's/^requests  *\([0-9]*\) .*/\1/p' first)
  cp second err
  err_has "of these  *$sent from an earlier run"
  [ "${sent:-0}" -gt 10 ] || wrong "only $sent requests were sent"
fi

title="a limit of the size of files is met as a full disk is: nothing that was paid for is lost"
limited() { (ulimit -f 150 && exec "$weir" "$@"); } # of 1,024 bytes
command="with ulimit -f 150"
limited batch rows.csv --template '{{text}}' "${to_plain[@]}" -o limited.csv >out 2>err
[ $? = 7 ] || wrong "the exit code is another one"
err_has 'limited.csv.journal has no room for another result, so nothing more is sent: make room (or raise ulimit -f)'
sent=$(sed -n 's/^requests  *\([0-9]*\) .*/\1/p' err)
[ "${sent:-0}" -gt 10 ] || wrong "only $sent requests were sent"
run 0 batch rows.csv --template '{{text}}' "${to_plain[@]}" -o limited.csv
err_has "of these  *$sent from an earlier run"

title="an output whose reader has left ends the command as a filter ends"
"$weir" batch few.csv --template '{{text}}' "${to_plain[@]}" --journal filter.journal -o - --quiet 2>err | true
[ "${PIPESTATUS[0]}" = 141 ] || wrong "the exit code is another one"
[ ! -s err ] || wrong "it says something"
"$weir" batch merge filter.journal --journal merged.journal -o - --quiet 2>err | true
[ "${PIPESTATUS[0]}" = 141 ] || wrong "the exit code of merge is another one"

title="the report tells what all runs have cost"
summary_lines=12
run 0 batch few.csv --template '{{text}}' "${to_plain[@]}" --prices prices.json -o spent.csv
cp few.csv grown.csv
printf 'T-9,Nine\n' >>few.csv
run 0 batch few.csv --template '{{text}}' "${to_plain[@]}" --prices prices.json -o spent.csv
err_has '^cost  *\$.* in this run, \$.* in all$'
run 0 batch few.csv --template '{{text}}' "${to_plain[@]}" --prices prices.json -o spent.csv --json
err_has '^cost  *nothing in this run, \$.* in earlier runs$'
out_has '"spent_before":{"USD":"0'
cp grown.csv few.csv

title="an answer that was cut off is asked again when its request changes, a complete one is not"
printf 'one\ntwo\n' >short.txt
summary_lines=12
run 9 batch short.txt --template 'Say {{text}}' "${to_plain[@]}" --max-tokens 3 -o short.csv
err_has '2 cut off'
run 0 batch short.txt --template 'Say {{text}}' "${to_plain[@]}" --max-tokens 300 -o short.csv
err_has '2 complete'
run 2 batch short.txt --template 'Tell {{text}}' "${to_plain[@]}" --max-tokens 300 -o short.csv --quiet
err_has 'the item "short.txt:1" was answered'

title="an input is the same however its path is written"
run 0 batch .//short.txt --template 'Say {{text}}' "${to_plain[@]}" --max-tokens 300 -o short.csv
err_has '2 from an earlier run'

title="what was never sent is no request"
run 3 batch short.txt --template '{{text}}' --config none --model a/b -o unsent.csv
grep -q '^requests' err && wrong "requests are told"

title="a table of nothing but a header is looked at, and is a job of no items"
echo ticket,text >empty.csv
run 2 batch empty.csv --template '{{txet}}' "${to_plain[@]}" -o empty.out.csv --quiet
err_has "no column 'txet'"
run 0 batch empty.csv --template '{{text}}' "${to_plain[@]}" -o empty.out.csv --quiet

title="an id that is null is none"
printf '{"id":null,"prompt":"hi","lang":"de"}\n{"id":null,"prompt":"ho","lang":"fr"}\n' >null.jsonl
run 0 batch null.jsonl "${to_plain[@]}" -o null.csv --quiet
[ "$(head -1 null.csv)" = lang,answer,weir_error ] || wrong "the header is $(head -1 null.csv)"

title="a schema that nothing could fit is refused"
echo '{"type":"object","properties":{"n":{"type":"int"}}}' >unfit.json
run 2 batch short.txt "${to_plain[@]}" --schema @unfit.json -o unfit.csv --quiet
err_has '\$.properties.n: the type "int" is none of'

title="parts that are none are told"
run 2 batch merge short.txt -o none.csv
err_has 'short.txt is no part of a job: it is no journal, and there is no short.txt.journal'

finish
