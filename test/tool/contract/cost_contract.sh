#!/usr/bin/env bash
# cost_contract.sh WEIR: what calls cost: ledgers, price lists, sums and budgets.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
to_plain=(--base-url "$url_plain" --model a/b --max-tokens 5)
cat >prices.json <<'P'
{"prices": [{"model": "a/b", "input": "1", "output": "2"}]}
P

title="each attempt is entered, and the answer says what it cost"
sim flaky --plain --fault '503*1'
run 0 chat --base-url "$url_flaky" --model a/b --max-tokens 5 --ledger l.jsonl --prices prices.json --tag team=search hi
err_has '\$0\.0000'
[ "$(wc -l <l.jsonl)" = 2 ] || wrong "there are not two entries"
[ "$(stat -c %a l.jsonl)" = 600 ] || wrong "others may read the ledger"
grep -q '"tags":{"team":"search"}' l.jsonl || wrong "the tag is missing"
head -1 l.jsonl | grep -q '"error":"overloaded".*"cost":"0"' || wrong "a refused attempt is not entered as free"
[ "$(grep -c '"first":true' l.jsonl)" = 1 ] || wrong "a retry counts as a call"
run 0 chat "${to_plain[@]}" --ledger l.jsonl --prices prices.json --json hi
json_ends length 'last["cost"] > 0'

title="weir cost sums up, exactly"
summary_lines=9
run 0 cost l.jsonl
out_has '^MODEL .*COST'
out_has 'a/b  *3 '
out_has '█'
run 0 cost l.jsonl --by tag:team --json
out_has '"name":"search"'
out_has '"by":"total"'
[ -z "$have_python" ] || python3 - <<'P' >check 2>&1 || wrong "$(tail -1 check)"
import json, decimal
entries = [json.loads(line) for line in open('l.jsonl')]
total = [json.loads(line) for line in open('out')][-1]
assert decimal.Decimal(total['cost']['USD']) == sum(decimal.Decimal(e['cost']) for e in entries), 'the sum is not exact'
assert total['attempts'] == 3 and total['calls'] == 2, 'the counts are wrong'
for e in entries:
    u = e.get('usage', {})
    by_hand = decimal.Decimal(u.get('input_text', 0)) / 10**6 + 2 * decimal.Decimal(u.get('output_text', 0)) / 10**6
    assert decimal.Decimal(e['cost']) == by_hand, 'a cost is not what the list says'
P
run 0 cost l.jsonl --by provider --csv
out_has '^provider,calls,.*,currency,cost'
run 0 cost l.jsonl --since 1h --where model=a/b --by day
run 0 cost --by model l.jsonl ./l.jsonl
out_has 'a/b  *3 '
run 2 cost l.jsonl --where colour=red
err_has '--where colour: name one of'
run 0 cost l.jsonl --where model=other
err_has 'no entries match'

title="what has no price is told, and can be priced later"
run 0 chat "${to_plain[@]}" --ledger u.jsonl hi
run 0 cost u.jsonl
out_has '+?'
err_has 'could not be priced'
run 0 cost u.jsonl --prices prices.json
out_has '\$0\.0000'
summary_lines=1

title="the table counts what has no price and what is an estimate, and days without spending are in the plot"
run 0 cost u.jsonl --quiet
out_has 'REQUESTS  UNPRICED'
run 0 cost l.jsonl --quiet
if grep -q UNPRICED out; then wrong "a column of nothing"; fi
day() {
  printf '{"v":1,"t":"%sT12:00:00Z","us":1,"op":"chat","provider":"groq","model":"a/b","attempt":1,"outcome":"complete",' "$1"
  printf '"usage":{"input_text":5},"estimated":true,"cost":"1","currency":"USD"}\n'
}
{ day 2025-12-30; day 2026-01-02; day 2026-03-01; } >days.jsonl
summary_lines=9
run 0 cost days.jsonl --utc
out_has 'REQUESTS  ESTIMATED'
out_has '^2025-12-31  *–$'
out_has '^… 57 days without spending$'
[ "$(grep -c '^20' out)" = 5 ] || wrong "the plot has not five days"
run 0 cost days.jsonl --utc --by month
out_has '^2026-02  *–$'
run 0 cost days.jsonl --utc --by model --by day --since 2025-12-25 --until 2026-01-05
[ "$(grep -c '^20' out)" = 11 ] || wrong "the plot does not have all days of --since and --until"

title="explain takes what chat and run take, writes nothing, and tells what it may cost"
run 0 explain chat "${to_plain[@]}" --ledger e.jsonl --prices prices.json --tag team=search --cache --cache-ttl 1h --refresh --save t.json --json --raw hi
out_has '"max_tokens":5'
err_has 'it may cost \$0.0000.*, for about .* tokens in and at most 5 out'
for name in e.jsonl t.json .cache; do [ ! -e "$name" ] || wrong "explain makes $name"; done
run 0 explain text-to-image --base-url "$url_plain" --model a/b --input x --ledger e.jsonl --tag a=b --cache=here --keep-urls -o x.png
[ ! -e here ] || wrong "explain makes a cache"
echo '{"prices": "prices.json", "budgets": [{"name": "tiny", "max_tokens": 3, "per": "day"}]}' >tiny.json
run 0 explain chat --config tiny.json "${to_plain[@]}" hi
err_has "it would not be sent: budget 'tiny'"
[ ! -e .local ] || wrong "explain makes a ledger"
summary_lines=1

title="damaged ledgers and wrong arguments are told"
printf '{"t":"2026-01-01T0' >>l.jsonl
summary_lines=9 run 0 cost l.jsonl
err_has '1 damaged line'
run 0 chat "${to_plain[@]}" --ledger l.jsonl --prices prices.json hi
[ "$(tail -1 l.jsonl | cut -c1-5)" = '{"t":' ] || wrong "the entry after a torn line is torn too"
run 2 cost none.jsonl
err_has 'none.jsonl" cannot be read'
run 2 cost l.jsonl --by colour
err_has 'name one of'
run 2 cost l.jsonl --since yesterday
err_has 'give a date'
run 2 cost
run 3 chat "${to_plain[@]}" --ledger /dev/null/l hi
err_has 'cannot be opened for writing'
echo '{"prices": [{"model": "a/b", "input": "-1"}]}' >bad.json
run 3 chat "${to_plain[@]}" --prices bad.json hi
err_has 'prices\[0\].input'
run 2 chat "${to_plain[@]}" --tag team hi
err_has "tag takes NAME=VALUE, such as team=search, not 'team'"

title="a budget stops the call, says until when, and outlives the process"
cat >budget.json <<'P'
{"prices": "prices.json", "ledger": "b.jsonl",
 "budgets": [{"name": "pocket money", "max_cost": "0.00008", "per": "hour"}]}
P
for i in 1 2 3; do "$weir" chat --config budget.json "${to_plain[@]}" hi >out 2>err; done
run 0 cost b.jsonl --quiet
before=$(wc -l <b.jsonl)
for i in 1 2 3 4 5 6 7 8; do "$weir" chat --config budget.json "${to_plain[@]}" hi >out 2>err || break; done
run 8 chat --config budget.json "${to_plain[@]}" hi
err_has 'pocket money'
err_has ':00'
out_is_empty
after=$(wc -l <b.jsonl)
[ "$after" -ge "$before" ] || wrong "the ledger shrank"
run 8 chat --config budget.json "${to_plain[@]}" --json hi
[ "$(wc -l <b.jsonl)" = "$after" ] || wrong "a call that was not sent is entered"

title="a refusal is one line, with the currency of the ceiling"
run 8 chat --config budget.json "${to_plain[@]}" hi
err_has 'of 0.00008 USD'
[ "$(wc -l <err)" = 1 ] || wrong "there is more than one line"

title="a cost is told in its currency, and one that a budget does not hold is told"
echo '{"currency": "EUR", "prices": [{"model": "a/b", "input": "1", "output": "2"}]}' >euros.json
echo '{"prices": "euros.json", "ledger": "e.jsonl", "budgets": [{"name": "dollars", "max_cost": 1, "currency": "USD"}]}' >dollars.json
summary_lines=2
run 0 chat --config dollars.json "${to_plain[@]}" hi
err_has "budget 'dollars': costs in EUR are not counted, its ceiling is in USD"
err_has '· EUR 0\.0000'
summary_lines=1
run 0 chat --prices prices.json --base-url "$url_plain" --model unknown hi
err_has '· no known price'

title="a ledger that the configuration and the command line both name is counted once"
echo '{"ledger": "o.jsonl", "budgets": [{"name": "once", "max_tokens": 31, "per": "day"}]}' >once.json
for i in 1 2; do run 0 chat --config once.json "${to_plain[@]}" --ledger o.jsonl hi; done
run 2 chat --config once.json "${to_plain[@]}" --ledger none hi
err_has 'ledger none'

title="entries that cannot be written are told, and with required nothing is sent"
if [ -e /dev/full ]; then
  echo '{"ledger": "/dev/full"}' >full.json
  "$weir" chat --config full.json "${to_plain[@]}" hi >out 2>err || wrong "the call failed"
  err_has 'not entered'
  echo '{"ledger": {"path": "/dev/full", "required": true}}' >full.json
  run 7 chat --config full.json "${to_plain[@]}" hi
  out_is_empty
fi

title="calls of a loop are told once what one process would be told once"
echo '{"ledger": "loop.jsonl", "alerts": {"stderr": true}}' >loop.json
for i in 1 2 3; do "$weir" chat --config loop.json "${to_plain[@]}" hi 2>&1 </dev/null; done >out
: >err
[ "$(grep -c 'without a price' out)" = 1 ] || wrong "not one of three calls tells"

title="a webhook that hangs delays the end by its grace, and wrong settings are refused"
if [ -n "$have_python" ]; then
  python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' >port &
  sims+=($!)
  until [ -s port ]; do sleep 0.02; done
  echo '{"alerts": {"webhook": {"variable": "HOOK", "grace": "100ms"}}}' >hook.json
  begun=$(date +%s%N)
  HOOK=http://127.0.0.1:$(cat port)/h run 0 chat --config hook.json "${to_plain[@]}" hi
  took=$((($(date +%s%N) - begun) / 1000000))
  [ "$took" -ge 100 ] && [ "$took" -lt 1500 ] || wrong "it took $took ms"
fi
echo '{"alerts": {"webhook": {"grace": "1s"}}}' >hook.json
run 3 chat --config hook.json "${to_plain[@]}" hi
err_has 'alerts.webhook: needs a variable'
echo '{"alerts": {"webhook": {"variable": "HOOK", "graze": "1s"}}}' >hook.json
run 3 chat --config hook.json "${to_plain[@]}" hi
err_has 'graze'

title="the working directory's weir.json says nothing about money"
echo '{"budgets": []}' >weir.json
run 3 chat "${to_plain[@]}" hi
err_has 'budgets: decides'
rm weir.json

title="a price list that names the provider holds at its gateway too"
echo '{"prices": [{"provider": "groq", "model": "a/b", "input": 1, "output": 1}]}' >groq.json
GROQ_API_KEY=gsk_CanaryThatMustNeverBePrinted run 0 chat "${to_plain[@]}" -p groq --prices groq.json hi
err_has '\$0\.0000'
echo '{"currncy": "EUR", "prices": []}' >bad.json
run 3 chat "${to_plain[@]}" --prices bad.json hi
err_has 'currncy'

title="budgets without a ledger keep one in the user's state folder"
echo '{"budgets": [{"name": "tokens", "max_tokens": 1000, "per": "day"}]}' >state.json
run 0 chat --config state.json "${to_plain[@]}" hi
[ -s .local/state/weir/ledger.jsonl ] || wrong "there is no ledger"
echo '{"budgets": [{"name": "x", "max_tokens": 5, "per": "fortnight"}]}' >wrong.json
run 3 chat --config wrong.json "${to_plain[@]}" hi
err_has 'budgets\[0\].per'
echo '{"budgets": [{"name": "x", "max_tokens": 5, "zone": "Mars/Base"}]}' >wrong.json
run 3 chat --config wrong.json "${to_plain[@]}" hi
err_has 'Mars/Base'

finish
