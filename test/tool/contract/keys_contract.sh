#!/usr/bin/env bash
# keys_contract.sh WEIR: keys that weir.json names and that are not set, vendors that it adds, and what explain, providers
# and check say about both.
example=$(readlink -f "${BASH_SOURCE%/*}/../../../examples/weir.json")
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
SIM_KEY=$canary sim keyed --tls --key-env SIM_KEY

title="a file whose keys are not set stops no command that needs none of them"
run 0 providers --config "$example" groq
out_has '^groq  *GROQ_API_KEY  *no'
run 0 explain chat --config "$example" hello
out_has '"authorization":"Bearer $GROQ_API_KEY"'
run 0 explain chat --config "$example" --provider openai --model m hello
out_has '"authorization":"Bearer $OPENAI_API_KEY"'
run 0 explain chat --config "$example" --provider auto --model a/b hello
out_has '"authorization":"Bearer $HF_TOKEN"'
run 0 chat --config "$example" --base-url "$url_plain" --model a/b hello
out_has 'You said: "hello"'

title="a call that needs one of them says which variable to set, and where that is said"
run 3 chat --config "$example" --fallback openai/m hello
err_has "^weir: $example: keys.groq: none of GROQ_API_KEY, GROQ_API_KEY_2 is set: set one to the key$"
out_is_empty
run 3 chat --config "$example" --provider openai --model m --json hello
json_ends failed 'last["error"]["code"] == "missing_key" and "keys.openai: OPENAI_API_KEY is not set" in last["error"]["message"]'
printf '{"model": "m", "provider": "groq", "keys": {"groq": "TEAM"}}' >team.json
GROQ_API_KEY=$canary HF_TOKEN=$canary run 3 chat --config team.json hello
err_has '^weir: team.json: keys.groq: TEAM is not set: set it to the key$'
GROQ_API_KEY=$canary run 0 explain chat --config team.json hello
out_has '"authorization":"Bearer $TEAM"'
GROQ_API_KEY=$canary run 0 providers --config team.json groq
out_has '^groq  *TEAM  *no'
TEAM=$canary run 0 providers --config team.json groq
out_has '^groq  *TEAM  *yes'
KEY=hf_Canary run 0 explain chat --config team.json --api-key-env KEY hello
out_has 'Bearer hf_\*\*\*'
printf '{"routing": {"targets": [{"base_url": "%s", "model": "n", "key": "THERE"}]}}' "$url_plain" >there.json
run 3 chat --config there.json hello
err_has '^weir: there.json: routing.targets\[0\].key: THERE is not set: set it to the key$'
THERE=$canary run 0 chat --config there.json hello

title="a pool goes on with the keys that are set, and check and --verbose say once which are not"
printf '{"provider": "acme", "model": "a/b", "ca_file": "%s", "vendors": {"acme": {"base_url": "%s/v1"}},
  "keys": {"acme": ["ONE", "TWO", "THREE"]}}' "$ca_keyed" "$url_keyed" >pool.json
left_out='^pool.json: keys.acme: THREE is not set: it is left out of the pool$'
ONE=$canary TWO=$canary run 0 chat --config pool.json hello
grep -q 'THREE' err && wrong "it is said without --verbose"
ONE=$canary TWO=$canary summary_lines=4 run 0 chat --config pool.json --verbose hello
err_has "$left_out"
for more in '' --verbose; do
  # shellcheck disable=SC2086
  ONE=$canary TWO=$canary summary_lines=2 run 0 check --config pool.json $more
  [ "$(grep -c "$left_out" err)" = 1 ] || wrong "it is not said once"
  out_has 'key .*from ONE$'
done
run 3 check --config pool.json
out_has 'FAIL  key .*pool.json: keys.acme: none of ONE, TWO, THREE is set: set one to the key$'

title="check tells about keys that are not set, and checks the providers whose keys are"
sed 's/"provider": "groq",//' "$example" >all.json
OPENAI_API_KEY=sk-Canary-12345 summary_lines=2 run 5 check --config all.json --proxy http://127.0.0.1:1
err_has 'keys.groq: none of GROQ_API_KEY, GROQ_API_KEY_2 is set'
err_has 'keys.huggingface: HF_TOKEN is not set'
[ "$(grep -c '^[a-z]' out)" = 1 ] || wrong "it checks others than openai"

title="the vendors of weir.json are providers as any"
printf '{"provider": "acme", "model": "m", "vendors": {
  "acme": {"base_url": "https://llm.acme.test/v1", "key_variable": ["ACME_A", "ACME_B"], "key_header": "x-acme"},
  "plain": {"base_url": "http://127.0.0.1:9/v1"}}}' >own.json
run 0 providers --config own.json acme
out_has '^acme  *ACME_A  *no  *openai  *https://llm.acme.test/v1$'
ACME_B=$canary run 0 providers --config own.json acme
out_has '^acme  *ACME_B  *yes'
run 0 providers --config own.json
out_has '^plain  *–  *–  *openai  *http://127.0.0.1:9/v1$'
run 3 providers --config own.json acmee
err_has 'no provider "acmee" (did you mean acme?).*, acme, plain$'
run 0 explain chat --config own.json hello
out_has '"x-acme":"$ACME_A"'
out_has '"url":"https://llm.acme.test/v1/chat/completions"'
run 0 explain chat --config own.json --provider plain --model m hello
grep -q authorization out && wrong "a key is shown where none is needed"
for command in 'chat hello' 'explain chat hello' models check; do
  # shellcheck disable=SC2086
  run 3 $command --config own.json --provider acmee
  err_has 'acmee'
done
run 3 chat --config own.json --provider acmee --model m hello
err_has 'no provider "acmee" (did you mean acme?).*, acme, plain$'
run 3 chat --config own.json --fallback acmee/m hello
err_has '^weir: --fallback: there is no provider "acmee" (did you mean acme?)'

title="explain needs no key, whichever way it would have been given"
run 0 explain chat --model a/b --api-key-env NOT_SET why
out_has '"authorization":"Bearer $NOT_SET"'
run 0 explain chat --provider anthropic --model m --api-key-env NOT_SET why
out_has '"x-api-key":"$NOT_SET"'
run 0 explain chat --base-url "$url_plain" --api-key-env NOT_SET --key-header api-key why
out_has '"api-key":"$NOT_SET"'
run 0 explain text-to-image -m a/b --api-key-env NOT_SET --input x
run 3 explain chat --model a/b --api-key-env "hf_$canary" why
err_has 'takes the name of a variable'
run 3 explain chat --base-url http://example.org --model a/b --api-key-env NOT_SET why
err_has 'over plain HTTP'

finish
