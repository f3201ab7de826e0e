#!/usr/bin/env bash
# provider_batch_contract.sh WEIR: jobs by the providers' batches: what is submitted, left, fetched, refused and told.
# WEIR_BATCH_LINES=5000 gives each batch API a job of so many lines.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain --tokens 20 --batch-validate 20ms --batch-run 100ms --batch-finalize 20ms
cat >prices.json <<'P'
{"prices": [{"model": "a/b", "input": "1", "output": "2",
             "batch": 0.5}]}
P
lines=${WEIR_BATCH_LINES:-100}
[ "$lines" -ge 100 ] || { echo "WEIR_BATCH_LINES must be 100 or more" && exit 2; }
run_limit=$((20 + lines / 50))
{
  echo ticket,text
  for i in $(seq "$lines"); do echo "T-$i,\"Number $i, says \"\"hello\"\"\""; done
} >all.csv
head -101 all.csv >rows.csv
template=(--template 'Summarise: {{text}}')
job=(batch rows.csv "${template[@]}" --base-url "$url_plain/v1" --model a/b)
batched=(--via provider --poll 50ms)
summary_lines=12

# told NAME WORD: a number of the account that the simulated provider NAME gives of its batches.
told() {
  local url=url_$1 port line
  port=${!url##*:}
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /sim/batches HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n' >&9
  line=$(cat <&9)
  exec 9>&-
  sed -n 's/.*"'"$2"'": *\([0-9]*\).*/\1/p' <<<"$line" | tail -1
}

title="live calls give what batches are compared with"
whole=(batch all.csv "${template[@]}" --base-url "$url_plain/v1" --model a/b)
run 0 "${whole[@]}" -o all.live.csv --quiet
[ "$(wc -l <all.live.csv)" = $((lines + 1)) ] || wrong "there are not $lines rows"
head -101 all.live.csv >live.csv

title="a dry run tells the price of batches"
run 0 "${job[@]}" "${batched[@]}" --prices prices.json --dry-run
out_has 'as batches of the provider'

title="each batch API gives the rows that live calls give"
for api in openai:/v1 novita:/novita/v1 together:/together/v1 anthropic: gemini: mistral:/v1 fireworks:/v1 xai:/xai/v1 openrouter:/api/v1; do
  name=${api%%:*}
  title="each batch API gives the rows that live calls give: $name"
  to=(--base-url "$url_plain${api#*:}" --batch-api "${name/novita/openai}")
  case $name in
    anthropic | gemini) to=(--provider "$name" --base-url "$url_plain") ;;
    fireworks) to+=(--batch-account me) ;;
  esac
  run 0 batch all.csv "${template[@]}" "${to[@]}" --model a/b "${batched[@]}" --batch-lines $((lines * 2 / 5)) -o "$name.csv"
  cmp -s "$name.csv" all.live.csv || wrong "the rows are not those of live calls"
  err_has "$(sed ':a;s/\B[0-9]\{3\}\>/,&/;ta' <<<"$lines") complete"
  [ ! -e "$name.csv.journal.parts" ] || wrong "files of its parts are left: $(ls "$name.csv.journal.parts")"
done
[ "$(told plain lines_repeated)" = 0 ] || wrong "lines were asked twice"

title="parts of a job, live and by batches, joined, are the job"
for via in live provider; do
  for k in 1 2 3; do
    run 0 "${whole[@]}" --via $via --poll 50ms --split $k/3 -o part$k.$via.csv --quiet
  done
  summary_lines=1
  run 0 batch merge part[123].$via.csv -o joined-$via.csv
  cmp -s joined-$via.csv all.live.csv || wrong "the parts are not the whole"
  summary_lines=12
done

title="what it cost is told at the price of batches"
run 0 "${job[@]}" -o cost_live.csv --prices prices.json --json
live_cost=$(sed -n 's/.*"cost":{"USD":"\([0-9.]*\)".*/\1/p' out)
run 0 "${job[@]}" "${batched[@]}" -o cost.csv --prices prices.json --json
batch_cost=$(sed -n 's/.*"cost":{"USD":"\([0-9.]*\)".*/\1/p' out)
awk -v a="$live_cost" -v b="$batch_cost" 'BEGIN { exit !(a > 0 && b > 0 && a > 1.9 * b && a < 2.1 * b) }' ||
  wrong "live $live_cost, as batches $batch_cost"

title="what it is doing is told, also where the provider tells nothing"
sim slow --plain --tokens 20 --batch-validate 20ms --batch-run 1500ms --batch-finalize 20ms
"$weir" batch rows.csv "${template[@]}" --provider anthropic --base-url "$url_slow" --model a/b "${batched[@]}" -o told.csv --status told.json >out 2>err &
job_id=$!
for _ in $(seq 80); do grep -q '"batch":"[^"]' told.json 2>/dev/null && break; sleep 0.05; done
kill -USR1 $job_id
wait $job_id || wrong "it failed"
err_has 'done, 1 batch: 1 [a-z]*, the provider tells no progress'

title="the first Ctrl-C leaves the batches, and the next run fetches them"
for way in openai anthropic; do
  to=(--base-url "$url_slow/v1")
  [ $way = anthropic ] && to=(--provider anthropic --base-url "$url_slow")
  before=$(told slow created)
  "$weir" batch rows.csv "${template[@]}" "${to[@]}" --model a/b "${batched[@]}" -o left-$way.csv --status left.json --quiet >out 2>err &
  job_id=$!
  for _ in $(seq 80); do grep -q '"batch":"[^"]' left.json 2>/dev/null && break; sleep 0.05; done
  rm -f left.json
  kill -TERM $job_id
  wait $job_id
  [ $? = 143 ] || wrong "an interrupted job did not end as one"
  err_has 'the same command fetches them later'
  run 2 batch merge left-$way.csv -o merged.csv
  err_has 'are in batches at the provider: run this part to its end first'
  run 2 batch rows.csv "${template[@]}" "${to[@]}" --model a/b -o left-$way.csv --quiet
  err_has 'are in batches at the provider: --via provider'
  run 0 batch rows.csv "${template[@]}" "${to[@]}" --model a/b "${batched[@]}" -o left-$way.csv --quiet
  cmp -s left-$way.csv live.csv || wrong "the rows are not those of live calls"
  [ "$(told slow created)" = $((before + 1)) ] || wrong "there is more than one batch"
done

title="begun by batches and gone on with live: what a batch has answered is kept, and the rest is asked live"
"$weir" batch rows.csv "${template[@]}" --base-url "$url_slow/v1" --model a/b "${batched[@]}" -o live2.csv --status left.json --quiet >out 2>err &
job_id=$!
for _ in $(seq 80); do grep -q '"completed":[1-9]' left.json 2>/dev/null && break; sleep 0.05; done
kill -TERM $job_id
wait $job_id
run 0 batch rows.csv "${template[@]}" --base-url "$url_slow/v1" --model a/b --via live --poll 50ms -o live2.csv
err_has 'The batches are ended'
cmp -s live2.csv live.csv || wrong "the rows are not those of live calls"
grep -q '^of these.*' err && wrong "something was asked twice"

title="begun live and gone on with by batches: nothing is asked twice"
run 0 "${job[@]}" --limit 60 -o mixed.csv --quiet
before=$(told plain lines_answered)
run 0 "${job[@]}" "${batched[@]}" -o mixed.csv
err_has '60 from an earlier run'
[ "$(told plain lines_answered)" = $((before + 40)) ] || wrong "the batch had other lines than the 40 that were missing"
cmp -s mixed.csv live.csv || wrong "the rows are not those of live calls"

title="a deadline: what the batches cannot make is asked live"
sim late --plain --tokens 20 --batch-run 10m
run 0 batch rows.csv "${template[@]}" --base-url "$url_late/v1" --model a/b --via auto --deadline 20s --poll 50ms -o late.csv
err_has 'deadline is near: what the batches have left is asked live'
cmp -s late.csv live.csv || wrong "the rows are not those of live calls"
# One that runs already is cancelled in time, and what it has answered is kept.
sim half --plain --tokens 20 --batch-run 10s
half=(batch rows.csv "${template[@]}" --base-url "$url_half/v1" --model a/b --poll 50ms -o half.csv)
"$weir" "${half[@]}" --via provider --status left.json --quiet >out 2>err &
job_id=$!
for _ in $(seq 80); do grep -q '"completed":[1-9]' left.json 2>/dev/null && break; sleep 0.05; done
rm -f left.json
kill -TERM $job_id
wait $job_id
run 0 "${half[@]}" --via auto --deadline 132s --json
err_has 'deadline is near: what the batches have left is asked live'
cmp -s half.csv live.csv || wrong "the rows are not those of live calls"
by_batch=$(told half lines_answered)
[ "$by_batch" -gt 0 ] && [ "$by_batch" -lt 100 ] || wrong "the batch has answered $by_batch lines"
out_has '"calls":100'
run 6 batch rows.csv "${template[@]}" --base-url "$url_late/v1" --model a/b "${batched[@]}" --deadline 1s -o late2.csv --quiet
err_has 'the batches go on at the provider'

title="auto asks live what no batch takes, and where there are no batches"
printf '%s\n' '{"custom_id":"a","model":"a/b","prompt":"x"}' '{"custom_id":"b","model":"c/d","prompt":"y"}' >models.jsonl
run 2 batch models.jsonl --base-url "$url_plain/v1" "${batched[@]}" -o models.out.jsonl --quiet
err_has 'the input is for 2 models'
run 0 batch models.jsonl --base-url "$url_plain/v1" --via auto --poll 50ms -o models.out.jsonl
err_has 'What no batch takes is asked live'
err_has '2 complete'
run 0 batch models.jsonl --provider cohere --base-url "$url_plain" --via auto -o cohere.jsonl
err_has 'has no batch API'

title="options that batches cannot obey are refused"
run 2 "${job[@]}" "${batched[@]}" --max-cost 1 -o never.csv --quiet
err_has 'max-cost cannot stop a batch'
run 2 "${job[@]}" "${batched[@]}" --dedupe -o never.csv --quiet
run 2 "${job[@]}" --via post -o never.csv --quiet
err_has 'takes live, provider or auto'
run 2 "${job[@]}" "${batched[@]}" --window soon -o never.csv --quiet
run 2 "${job[@]}" "${batched[@]}" --batch-api telex -o never.csv --quiet
err_has 'there is no batch API "telex"'
run 2 "${job[@]}" "${batched[@]}" --batch-api anthropic -o never.csv --quiet
err_has 'needs the provider "anthropic"'
run 2 "${job[@]}" "${batched[@]}" --batch-api fireworks -o never.csv --quiet
err_has 'account'

title="killed again and again, and run again: every id once, and paid once"
sim killed --plain --tokens 20 --batch-validate 100ms --batch-run 300ms --batch-finalize 100ms
killed=(batch rows.csv "${template[@]}" --base-url "$url_killed/v1" --model a/b "${batched[@]}" --batch-lines 30 -o killed.csv --quiet)
for _ in 1 2 3 4 5 6; do
  "$weir" "${killed[@]}" 2>/dev/null &
  sleep "0.$((RANDOM % 9))"
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
done
cases=$((cases + 1))
command="${killed[*]}"
timeout 150 "$weir" "${killed[@]}" >out 2>err || wrong "it does not come to its end"
cmp -s killed.csv live.csv || wrong "the rows are not those of live calls"
[ "$(told killed lines_repeated)" = 0 ] || wrong "lines were asked twice"
[ "$(told killed lines_answered)" = 100 ] || wrong "there are $(told killed lines_answered) answers"

finish
