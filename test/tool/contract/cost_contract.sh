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
