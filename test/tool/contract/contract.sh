#!/usr/bin/env bash
# contract.sh WEIR: the command's contract, case by case, against simulated providers.
# Every case checks the exit code, that a failure is one clear line on stderr, that stdout
# holds what arrived, and that the key is in neither.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
sim tls --tls
sim paced --plain --ttft 50ms --gap 20ms --tokens 500
SIM_KEY=$canary sim keyed --tls --key-env SIM_KEY
to_plain=(--base-url "$url_plain" --model a/b)
to_tls=(--base-url "$url_tls" --cacert "$ca_tls" --model a/b)

title="a chat over plain HTTP"
run 0 chat "${to_plain[@]}" hello
out_has 'You said: "hello"'
err_has '^complete (stop) · [0-9]* tokens in, [0-9]* out · first token'

title="a chat over TLS, without streaming"
run 0 chat "${to_tls[@]}" --no-stream hello
out_has 'You said: "hello"'

title="the prompt from standard input"
printf 'from\nstdin\n' >input
input=input run 0 chat "${to_plain[@]}" -
out_has 'You said: "from'
input=input run 0 chat "${to_plain[@]}"
out_has 'You said: "from'
printf 'from a file' >prompt
run 0 chat "${to_plain[@]}" @prompt
out_has 'You said: "from a file"'

title="a prompt in another encoding"
printf '\xff\xfeh\0i\0\xe9\0' >prompt
run 0 chat "${to_plain[@]}" @prompt
out_has 'You said: "hié"'
printf 'caf\xe9' >prompt
run 2 chat "${to_plain[@]}" @prompt
err_has 'prompt is not UTF-8 (byte 0xe9 at offset 3)'

title="an option with an empty value is not the option left out"
for option in --base-url --proxy --config --model --provider --cacert --api-key-env --unix-socket --image --format; do
  run 2 chat "${to_plain[@]}" $option '' hello
  err_has "$option: must not be empty"
  run 2 chat "${to_plain[@]}" $option= hello
  err_has "$option= has no value"
done
out_is_empty
blank='  ' run 3 chat "${to_plain[@]}" --api-key-env blank hello
err_has 'blank is not set'
run 2 chat "${to_plain[@]}" @
err_has "the file name is missing"

title="whole numbers are decimal, and none is clamped to the largest"
for wrong in -1 18446744073709551616 010 0x10 1e3 1.0 ' 1' '' x; do
  run 2 chat "${to_plain[@]}" --seed "$wrong" hello
done
run 0 explain chat "${to_plain[@]}" --seed 18446744073709551615 --max-tokens -1 hello
out_has '"max_tokens":-1,"seed":18446744073709551615'
run 2 chat "${to_plain[@]}" --max-tokens 9223372036854775808 hello
err_has "max-tokens: '9223372036854775808' is not a whole number from -1 to 9223372036854775807"
run 2 chat "${to_plain[@]}" --retries 100 hello

title="explain shows no credentials, not even those in custom headers"
run 0 explain chat "${to_plain[@]}" --header "X-Auth-Token: $canary" --header "Cookie: a=$canary" --header 'x-tide: low' hello
out_has '"X-Auth-Token":"\*\*\*","Cookie":"\*\*\*","x-tide":"low"'

title="the message names what is wrong: a proxy, a file, a provider, a list without tasks"
run 5 chat "${to_plain[@]}" --proxy http://127.0.0.1:1 --retries 0 hello
err_has 'the proxy http://127.0.0.1:1 cannot be used: cannot connect'
run 3 chat --base-url "$url_tls" --model a/b --cacert missing.pem hello
err_has 'the CA file missing.pem cannot be used: No such file or directory'
run 3 chat "${to_plain[@]}" --fallback nobody/model hello
err_has 'there is no provider "nobody"; the providers are auto, tgi, anthropic'
run 2 models "${to_plain[@]}" --task text-to-image
run 2 models "${to_plain[@]}" --from-hub
run 2 chat "${to_plain[@]}" --model twice hello
err_has 'model is given more than once: see weir chat --help'
run 2 chat "${to_plain[@]}" --format yaml hello
err_has 'takes text, json, or @FILE'

title="a FIFO in place of a configuration or token file does not block"
mkfifo weir.json
run 3 chat "${to_plain[@]}" hello
err_has '^weir: weir.json: is not a regular file$'
rm weir.json
mkdir -p .cache/huggingface
mkfifo .cache/huggingface/token
run 0 chat "${to_plain[@]}" hello
rm -r .cache

title="a simulated provider leaves no file behind, and says where it cannot create one"
"$weir" sim >sim_hup 2>&1 &
for _ in $(seq 250); do grep -q '^ca file' sim_hup && break; sleep 0.02; done
kill -HUP $!
wait $!
[ ! -e "$(sed -n 's/^ca file: //p' sim_hup)" ] || wrong "its CA file is left"
TMPDIR=$dir/none run 2 sim
err_has 'the CA file cannot be written to'
run 2 sim --port 65536

title="an option that may be repeated leaves the prompt alone"
run 0 chat "${to_plain[@]}" --header 'x-one: 1' --header 'x-two: 2' several words
out_has 'You said: "several words"'

title="events as JSON"
run 0 chat "${to_plain[@]}" --json hello
json_ends complete 'text.startswith("You said") and last["finish_reason"] == "stop" and last["usage"]["completion_tokens"] > 0 and last["ttft_ms"] > 0 and len(last["attempts"]) == 1 and last["attempts"][0]["status"] == 200'
run 0 chat "${to_plain[@]}" --json --no-stream hello
json_ends complete 'text.startswith("You said") and last["total_ms"] > 0 and len(last["attempts"]) == 1'

title="the provider's own JSON, beside what was read from it"
run 0 chat "${to_plain[@]}" --json --raw hello
out_has '"raw":{"id":'
run 0 chat "${to_plain[@]}" --json --raw --no-stream -v hello
out_has '"raw":{"id":'
out_has '"headers":\[\['
run 2 chat "${to_plain[@]}" --raw hello
err_has '.*--json'

title="verbose shows the timeline"
summary_lines=2 run 0 chat "${to_tls[@]}" --verbose hello
err_has 'status 200 · first byte after'
title="quiet says nothing"
run 0 chat "${to_plain[@]}" --quiet hello
[ ! -s err ] || wrong "stderr is not empty"

title="text generation"
run 0 run text-generation --provider tgi --base-url "$url_plain" --input 'Once upon' --param max_new_tokens=5
[ -s out ] || wrong "stdout is empty"
run 0 run text-generation --provider tgi --base-url "$url_plain" --input 'Once upon' -o result
[ -s result ] || wrong "the file is empty"
run 2 run text-generation --provider tgi --base-url "$url_plain" --input x --param nonsense=1
err_has 'max_new_tokens'
run 2 run poetry --input x

title="explain prints one request and sends nothing"
HF_TOKEN=$canary run 0 explain chat --model a/b --base-url https://127.0.0.1:1 why
HF_TOKEN=$canary run 0 explain chat --model a/b why is that
if [ -n "$have_python" ]; then
  python3 -c 'import json; o = json.load(open("out")); assert set(o) == {"method", "url", "headers", "body"}, set(o)
assert o["method"] == "POST" and o["headers"]["authorization"] == "Bearer hf_***", o["headers"]
assert o["body"]["messages"][0]["content"] == "why is that" and o["body"]["stream"] is True' >check 2>&1 ||
    wrong "$(tail -1 check)"
fi
KEY=$canary run 0 explain chat --model a/b --api-key-env KEY --header "x-api-key: $canary" why
run 0 explain chat --model a/b why
out_has '"authorization":"Bearer $HF_TOKEN"'
run 0 explain chat --provider groq --model a/b why
out_has '"authorization":"Bearer $GROQ_API_KEY"'
HF_TOKEN=$canary run 0 explain chat --provider anthropic --model a/b why
out_has '"x-api-key":"$ANTHROPIC_API_KEY"'
run 0 explain text-generation --provider tgi --base-url http://127.0.0.1:1 --input x

title="usage"
for arguments in "" nonsense "chat --nonsense x" "chat --deadline 3 x" "chat --max-tokens many x" "chat --header x y" \
  "chat @no-such-file" chat "chat --format { x" explain "sim --port 99999" "sim --ttft soon" "sim --fault nonsense"; do
  # shellcheck disable=SC2086
  run 2 $arguments
  out_is_empty
done
run 2 chat --json
json_ends failed 'last["attempts"] == [] and last["error"]["code"] == "invalid_argument"'

title="what was probably meant is named"
run 2 chat --modle a/b hello
err_has 'unknown option --modle; did you mean --model?: see weir chat --help'
run 2 chat "--api-keyenv=$canary" hello
err_has 'unknown option --api-keyenv; did you mean --api-key-env?'
run 2 chatt hello
err_has "unknown command 'chatt'; did you mean chat?"
run 2 --model a/b chat hello
err_has '\-\-model goes after the command, as in weir chat --model'
run 2 nonsense
err_has "the commands are chat, run"

title="the providers, with their keys, URLs and tasks"
GROQ_API_KEY=$canary run 0 providers
out_has '^groq  *GROQ_API_KEY  *yes openai  *https://api.groq.com/openai/v1$'
HF_TOKEN=$canary run 0 providers together
out_has '^together  *TOGETHER_API_KEY  *hub'
out_has '^  chat, text-generation, feature-extraction'
run 0 providers --json ollama
out_has '"key_variables":\[\],"key_set":false'
run 3 providers nobody
err_has 'there is no provider "nobody"'

title="an endpoint by its URL, given before the command or after it"
run 0 endpoint --base-url "$url_plain" info
out_has '^max_total_tokens'
run 0 endpoint --base-url http://127.0.0.1:1 info --base-url "$url_plain"
run 0 endpoint --base-url "$url_plain" health
title="a server that is no text-generation one tells its models"
run 0 endpoint --base-url "$url_plain/groq" info
out_has '^model_id '
run 0 endpoint --base-url "$url_plain/groq" --json info
out_has '^{"model_id":'

title="help"
for command in "" chat run "run text-to-image" explain "explain chat" "explain text-generation" models providers check endpoint \
  "endpoint info" sim; do
  # shellcheck disable=SC2086
  "$weir" $command --help >out 2>err </dev/null || wrong "it fails"
  [ -s err ] && wrong "stderr is not empty"
  awk 'length($0) > 100' out | grep . >check && wrong "a line is longer than 100 columns"
done
"$weir" run text-to-image --help | grep -q '^  guidance_scale=X ' || wrong "the task's parameters are not listed"
run 2 run text-to-imag --help
err_has "did you mean text-to-image?"
run 0 --version

title="no key"
run 3 chat hello
err_has HF_TOKEN
run 3 chat --model a/b --json hello
json_ends failed 'last["error"]["code"] == "missing_key" and last["attempts"] == []'
run 3 chat --model a/b --provider groq hello
run 3 chat --model a/b --api-key-env NOT_SET hello
err_has NOT_SET

title="a key that is given where a variable's name is meant is not printed"
run 3 chat --model a/b --api-key-env "hf_$canary" hello
err_has 'takes the name of a variable'
grep -q "$canary" err && wrong "the key is printed"
run 2 chat "${to_plain[@]}" --key "hf_$canary" hello
err_has 'private key of --cert'
grep -q "$canary" err && wrong "the key is printed"

title="a key with a line break inside"
HF_TOKEN=$'hf_Can\r\nCanary' run 3 chat --model a/b hello
err_has HF_TOKEN
KEY=$'Canary\r\nx-evil: 1' run 3 chat "${to_tls[@]}" --api-key-env KEY hello
err_has KEY

title="a key's surrounding white space does not matter"
to_keyed=(--base-url "$url_keyed" --cacert "$ca_keyed" --model a/b)
KEY=$' '$canary$'\r\n' run 0 chat "${to_keyed[@]}" --api-key-env KEY hello

title="a wrong key"
KEY=hf_CanaryOfAnother run 4 chat "${to_keyed[@]}" --api-key-env KEY hello
err_has 'status 401'
run 4 chat "${to_keyed[@]}" hello
err_has 'status 401'

title="a key does not go over plain HTTP to another machine"
KEY=$canary run 3 chat --base-url http://example.org --model a/b --api-key-env KEY hello
err_has https

title="an unknown provider"
HF_TOKEN=$canary run 3 chat --provider grok --model a/b hello
err_has 'groq'

title="bad URLs"
for bad in nonsense ftp://127.0.0.1/ http:// http://127.0.0.1:99999 "http://u:Canary@127.0.0.1:1"; do
  run 3 chat --base-url "$bad" --model a/b hello
done

title="unreachable hosts"
run 5 chat --base-url http://127.0.0.1:1 --model a/b hello
err_has '127.0.0.1:1'
run 5 chat --base-url http://127.0.0.1:1 --model a/b --json hello
json_ends failed 'last["error"]["code"] == "connect_failed" and len(last["attempts"]) == 3 and last["total_ms"] > 0'
run 5 chat --base-url https://no-such-host.invalid --model a/b hello
err_has 'no-such-host.invalid'

title="certificates that are refused"
run 4 chat --base-url "$url_tls" --model a/b hello
err_has certificate
run 3 chat --base-url "$url_tls" --cacert no-such-file --model a/b hello
for fault in bad-cert-expired bad-cert-host bad-cert-self-signed bad-cert-unknown-ca; do
  name=${fault//-/_}
  sim "$name" --tls --fault "$fault"
  url=url_$name ca=ca_$name
  title="$fault"
  KEY=$canary run 4 chat --base-url "${!url}" --cacert "${!ca}" --model a/b --api-key-env KEY hello
  err_has certificate
  out_is_empty
done

# faulty CODE FAULT MESSAGE: the fault, streamed over TLS, with a key.
faulty() {
  title=$2
  KEY=$canary run "$1" chat "${to_tls[@]}" --api-key-env KEY --retries 0 --token-timeout 300ms --first-token-timeout 5s --header "x-fault: $2" hello
  err_has "$3"
}

faulty 4 unauthorized 'status 401'
out_is_empty
faulty 4 not-found 'a/b.*status 404'
faulty 4 quota-exhausted 'status 402'
faulty 4 quota-exhausted=429 'credit'
faulty 4 redirect 'redirects'
faulty 5 rate-limit 'is rate limiting.*status 429'
faulty 5 500 'status 500'
faulty 5 503 'status 503'
faulty 5 529 'status 529'
faulty 5 loading 'loading'
faulty 5 html-error 'HTML'
if grep -qi '<html\|<body' err; then wrong "the page itself is printed"; fi
faulty 5 hang-up 'before a response began'
faulty 7 cut=2000 'lost'
out_has '^You said: "hello'
faulty 7 reset=2000 'lost'
out_has '^You said: "hello'
faulty 7 truncated-chunk=2000 'lost'
out_has '^You said: "hello'
faulty 7 error-in-band 'simulated failure'
out_has '^You said:'
faulty 7 error-in-band=groq 'weir: '
faulty 7 error-200-json 'weir: '
faulty 7 malformed-json 'JSON'
out_has '^You said:'
faulty 6 stall=3 'within --token-timeout'
out_has '^You said: "hello'
faulty 0 junk-after-done '^complete'
faulty 0 pings '^complete'
faulty 0 split-utf8 '^complete'

# A tool, as each dialect describes one.
tool_of() {
  local schema='{"type":"object","properties":{"at":{"type":"string"}}}'
  case $1 in
    anthropic) echo "[{\"name\":\"gauge\",\"input_schema\":$schema}]" ;;
    openai-responses) echo "[{\"type\":\"function\",\"name\":\"gauge\",\"parameters\":$schema}]" ;;
    gemini) echo "[{\"functionDeclarations\":[{\"name\":\"gauge\",\"parametersJsonSchema\":$schema}]}]" ;;
    *) echo "[{\"type\":\"function\",\"function\":{\"name\":\"gauge\",\"parameters\":$schema}}]" ;;
  esac
}
printf '\x89PNG\r\n\x1a\nnot really a picture' >pixel.png
SIM_KEY=own-Canary-key sim owned --tls --key-env SIM_KEY
for dialect in anthropic openai-responses gemini cohere-v2 ollama; do
  title="the dialect of $dialect"
  there=(--provider "$dialect" --base-url "$url_plain" --model m)
  run 0 chat "${there[@]}" hello
  out_has 'You said: "hello"'
  run 0 chat "${there[@]}" --json hello
  json_ends complete 'text.startswith("You said") and last["usage"]["completion_tokens"] > 0 and last["finish_reason"]'
  run 0 chat "${there[@]}" --json --no-stream --system brief hello
  json_ends complete 'text.startswith("You said") and last["usage"]["prompt_tokens"] > 0'
  run 0 chat "${there[@]}" --image pixel.png look
  out_has 'You said: "look"'
  run 0 chat "${there[@]}" --json --param "tools=$(tool_of "$dialect")" use the tool
  json_ends complete '"use the tool" in "".join(l.get("arguments", "") for l in lines) and "gauge" in str(lines)'
  run 0 chat "${there[@]}" --json --max-tokens 3 hello
  json_ends length 'text == "You said: \"hello\"."'
  run 7 chat "${there[@]}" --json --header 'x-fault: error-in-band' hello
  json_ends in_band_error 'text.startswith("You said") and last["error"]["remote"] == "simulated failure"'
  run 7 chat "${there[@]}" --json --header 'x-fault: cut=2000' hello
  json_ends truncated 'text.startswith("You said") and last["error"]["code"] == "truncated"'
  run 7 chat "${there[@]}" --header 'x-fault: malformed-json' hello
  run 4 chat "${there[@]}" --header 'x-fault: not-found' hello
  err_has 'the model does not exist'
  run 5 chat "${there[@]}" --retries 0 --header 'x-fault: rate-limit' hello
  err_has 'Simulated rate limit'
  KEY=own-Canary-key run 0 chat --provider "$dialect" --base-url "$url_owned" --cacert "$ca_owned" --model m --api-key-env KEY hello
  KEY=wrong-Canary-key run 4 chat --provider "$dialect" --base-url "$url_owned" --cacert "$ca_owned" --model m --api-key-env KEY hello
  err_has 'status 401'
done
title="the stream of a prediction"
there=(--provider replicate --base-url "$url_plain" --model org/m)
run 0 chat "${there[@]}" --system brief hello
out_has 'You said: "hello"'
run 0 chat "${there[@]}" --json --no-stream hello
json_ends complete 'text.startswith("You said")'
run 0 chat "${there[@]}" --json --image pixel.png --max-tokens 3 hello
json_ends complete 'text == "You said: \"hello\"."'
run 7 chat "${there[@]}" --json --header 'x-fault: error-in-band' hello
json_ends in_band_error 'text.startswith("You said") and last["error"]["remote"] == "simulated failure"'
run 7 chat "${there[@]}" --json --header 'x-fault: cut=2000' hello
json_ends truncated 'text.startswith("You said")'
KEY=own-Canary-key run 0 chat --provider replicate --base-url "$url_owned" --cacert "$ca_owned" --model m --api-key-env KEY hello
title="what a dialect cannot express"
run 3 chat --provider anthropic --base-url "$url_plain" --model m --seed 1 hello
err_has 'cannot express --seed'
run 3 chat --provider openai-responses --base-url "$url_plain" --model m --stop x hello
err_has 'cannot express --stop'
title="Ollama at the address in OLLAMA_HOST"
OLLAMA_HOST=${url_plain#http://} run 0 chat --provider ollama --model m hello
out_has 'You said: "hello"'
OLLAMA_HOST="'${url_plain#http://}' " run 0 chat --provider ollama --model m hello
OLLAMA_HOST=127.0.0.1:1 HF_TOKEN=$canary run 5 chat --provider ollama --model m --retries 0 hello
OLLAMA_HOST=127.0.0.1:1 HF_TOKEN=$canary run 0 explain chat --provider ollama --model m hello
if grep -q authorization out; then wrong "the Hub's token would go to Ollama"; fi
title="explain in a dialect"
GEMINI_API_KEY=own-Canary-key run 0 explain chat --provider gemini --model m hello
out_has 'models/m:streamGenerateContent?alt=sse'
out_has '"x-goog-api-key":"'
ANTHROPIC_API_KEY=own-Canary-key run 0 explain chat --provider anthropic --model m hello
out_has '"anthropic-version":"2023-06-01"'
HF_TOKEN=$canary run 3 chat --provider anthropic --model m hello
err_has ANTHROPIC_API_KEY
HF_TOKEN=$canary run 0 explain chat --provider openai-responses --model a/b hello
out_has 'https://router.huggingface.co/v1/responses'

title="the retry delay of a rate limit"
run 5 chat "${to_plain[@]}" --retries 0 --json --header 'x-fault: rate-limit=3' hello
json_ends failed 'last["error"]["status"] == 429 and last["error"]["retry_after_ms"] == 3000.0 and last["attempts"][0]["status"] == 429'

title="a truncated response, as JSON"
run 7 chat "${to_plain[@]}" --json --header 'x-fault: cut=2000' hello
json_ends truncated 'text.startswith("You said") and last["error"]["code"] == "truncated" and last["attempts"][0]["status"] == 200'
run 7 chat "${to_plain[@]}" --json --header 'x-fault: error-in-band' hello
json_ends in_band_error 'text.startswith("You said") and last["error"]["remote"]'

title="attempts"
sim twice --plain --fault '503*2'
summary_lines=4 run 0 chat --base-url "$url_twice" --model a/b --verbose hello
err_has '1: .*status 503 .*overloaded'
err_has '3: .*status 200'
err_has '^complete .* 3 attempts'
sim once --plain --fault '503*1'
run 5 chat --base-url "$url_once" --model a/b --retries 0 --json hello
json_ends failed 'last["error"]["code"] == "overloaded" and len(last["attempts"]) == 1'
sim slow --plain --fault 'slow-first:20s*1'
run 0 chat --base-url "$url_slow" --model a/b --hedge 100ms --json hello
json_ends complete 'len(last["attempts"]) == 2 and last["attempts"][1]["hedge"] and last["total_ms"] < 10000'
run 2 chat --base-url "$url_once" --model a/b --retries -1 hello
run 3 chat --base-url "$url_once" --model a/b --fallback nobody/a hello
err_has '^weir: --fallback: there is no provider "nobody"'

title="another target"
cat >fallback.json <<END
{"base_url": "http://127.0.0.1:1", "model": "a/b", "retry": {"attempts": 1},
 "fallback": {"targets": [{"base_url": "$url_once", "model": "c/d"}]}}
END
run 0 chat --config fallback.json --json hello
json_ends complete '[a["model"] for a in last["attempts"]] == ["a/b", "c/d"] and last["attempts"][0]["error"]["code"] == "connect_failed"'

cat >fallback.json <<END
{"base_url": "http://127.0.0.1:1", "model": "a/b", "retry": {"attempts": 1},
 "fallback": ["groq/x", {"base_url": "$url_once", "model": "c/d"}]}
END
summary_lines=5 run 0 chat --config fallback.json --verbose hello
err_has '1: .*connect_failed'
err_has '2: groq x .*missing_key'
err_has '3: .*status 200'

title="timeouts"
run 6 chat "${to_plain[@]}" --first-token-timeout 200ms --header 'x-fault: slow-first' hello
err_has 'token'
out_is_empty
run 6 chat "${to_plain[@]}" --first-token-timeout 200ms --header 'x-fault: no-head' hello
err_has 'within --first-token-timeout'
run 6 chat "${to_plain[@]}" --deadline 300ms --header 'x-fault: no-head' hello
err_has deadline
run 6 chat "${to_plain[@]}" --deadline 300ms --no-stream --header 'x-fault: no-head' hello
for least in 1us 5us 50us; do
  run 6 chat "${to_plain[@]}" --deadline "$least" hello
  err_has deadline
done
run 6 chat --base-url "$url_paced" --model a/b --deadline 300ms --json hello
json_ends deadline 'text.startswith("You said") and last["error"]["code"] == "deadline_exceeded"'

# interrupt UNTIL ARGUMENT…: waits until UNTIL holds, sends SIGINT, and checks code and time.
# The best of three runs counts: other processes may keep the machine busy.
has_begun() { grep -q said out; }
is_connected() { ls -l "/proc/$pid/fd" | grep -q socket; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }
interrupt() {
  local until=$1 pid begin took
  shift
  command="$*"
  cases=$((cases + 1))
  for _ in 1 2 3; do
    rm -f out
    # A shell's background jobs ignore SIGINT; env gives it back its default.
    env --default-signal=INT "$weir" "$@" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 250); do
      "$until" 2>/dev/null && break
      sleep 0.02
    done
    begin=$(now_ms)
    kill -INT "$pid"
    wait "$pid"
    checks 130 $?
    took=$(($(now_ms) - begin))
    [ "$took" -le 200 ] && return
  done
  wrong "it took $took ms to end"
}

title="Ctrl-C"
interrupt has_begun chat --base-url "$url_paced" --model a/b hello
out_has '^You said'
[ "$(tail -c 1 out | od -An -c | tr -d ' ')" = '\n' ] || wrong "the last line has no line end"
interrupt has_begun chat --base-url "$url_paced" --model a/b --json hello
json_ends cancelled 'text.startswith("You said") and last["error"]["code"] == "cancelled" and last["attempts"][0]["status"] == 200'

interrupt is_connected chat "${to_plain[@]}" --json --header 'x-fault: no-head' hello
json_ends cancelled 'len(lines) == 1 and len(last["attempts"]) == 1'

title="a configuration file: in the home, here, and given"
mkdir -p .config/weir
printf '{"base_url": "%s", "model": "home/model"}' "$url_plain" >.config/weir/weir.json
run 0 chat hello
out_has 'You said: "hello"'
run 0 explain chat hello
out_has '"model":"home/model"'
printf '{"model": "here/model", "retry": {"attempts": 2}}' >weir.json
run 0 explain chat hello
out_has '"model":"here/model"'
out_has "\"url\":\"$url_plain/"
summary_lines=4 run 0 chat --verbose hello
err_has '^settings from .*/.config/weir/weir.json$'
err_has '^settings from weir.json$'
printf '{"model": "given/model", "base_url": "%s"}' "$url_plain" >given.json
run 0 explain chat --config given.json hello
out_has '"model":"given/model"'
summary_lines=3 run 0 chat --verbose --config given.json hello
err_has '^settings from given.json$'
title="options on the command line override the file's"
run 0 explain chat --model flag/model hello
out_has '"model":"flag/model"'
run 0 chat --deadline 5s --config given.json hello
title="without any file, none"
run 3 chat --config none --model a/b hello
title="the file of a working directory does not say where prompts and keys go"
printf '{"base_url": "%s"}' "$url_plain" >weir.json
run 3 chat hello
err_has '^weir: weir.json: base_url: decides where prompts, keys or money go.*--config$'
out_is_empty
run 0 chat --config weir.json --model a/b hello
title="a configuration file that is wrong is refused in one line, with the field"
printf '{"retry": {"attempts": -3}}' >weir.json
run 3 chat hello
err_has '^weir: weir.json: retry.attempts: must be a whole number of at least 1, not -3$'
out_is_empty
printf '{"keys": {"groq": "gsk_0123456789Canary0123"}}' >weir.json
run 3 chat hello
err_has '^weir: weir.json: keys.groq: looks like a key itself'
run 3 chat --config missing.json hello
err_has '^weir: missing.json: there is no such file$'
rm -r weir.json .config

# each_line CONDITION: every line of stdout is an object, and the condition holds of `lines`.
each_line() {
  [ -n "$have_python" ] || return
  python3 - "$1" <<'P' >check 2>&1 || wrong "$(tail -1 check)"
import json, sys
lines = [json.loads(line) for line in open('out')]
assert all(isinstance(line, dict) for line in lines), 'a line is no object'
assert eval(sys.argv[1]), sys.argv[1] + ' does not hold'
P
}

title="models: a table, JSON, and what to try if nothing matches"
run 0 models --base-url "$url_plain"
out_has '^MODEL .*PROVIDER .*IN \$/M'
out_has '^weir/simulated  *together  *0.30  *0.50  *131k  *420ms  *90  *yes  *no$'
awk 'length($0) > 120' out | grep . >check && wrong "a line is too long"
run 0 models --base-url "$url_tls" --cacert "$ca_tls" --json reasoning
each_line 'len(lines) == 1 and lines[0]["id"] == "weir/simulated-reasoning" and lines[0]["providers"][0]["price"]["output"] == 0.8'
run 0 models --base-url "$url_plain" --quiet WEIR/Simulated
[ "$(wc -l <out)" = 4 ] || wrong "an exact name gives more than its model"
HF_ENDPOINT=$url_plain run 0 models --task text-to-image --provider fal-ai --json
each_line '[m["id"] for m in lines] == ["weir/painter"] and [p["provider"] for p in lines[0]["providers"]] == ["fal-ai"]'
run 4 models --base-url "$url_plain" nothing-like-it
err_has 'no model matches "nothing-like-it": try'
out_is_empty
run 5 models --base-url http://127.0.0.1:1 --retries 0
run 4 models --base-url "$url_bad_cert_expired" --cacert "$ca_bad_cert_expired"
err_has certificate
KEY=hf_CanaryOfAnother run 4 models --base-url "$url_keyed" --cacert "$ca_keyed" --api-key-env KEY
err_has 'status 401'
run 3 models --provider nobody
err_has 'no provider "nobody"'

title="an endpoint's health, info, tokens and metrics"
run 0 endpoint health --base-url "$url_plain"
out_has '^ready$'
run 0 endpoint info --base-url "$url_plain/v1" --json
each_line 'lines[0]["model_id"] == "weir/simulated" and lines[0]["max_best_of"] == 4'
run 0 endpoint tokenize 'a b' --base-url "$url_plain" --json
each_line '[t["stop"] for t in lines] == [1, 3]'
run 0 endpoint chat-tokenize hi --base-url "$url_plain"
out_has '^<user> hi <assistant>$'
run 0 endpoint metrics --base-url "$url_plain" --json
each_line 'any(s["name"] == "tgi_queue_size" and s["value"] == 0 for s in lines)'
run 3 endpoint info
err_has base-url
run 4 endpoint info --base-url "$url_plain" --header 'x-fault: paused'
err_has 'paused: resume'
run 5 endpoint health --base-url "$url_plain" --header 'x-fault: unhealthy'
out_has '^unhealthy$'

title="guided generation and details"
to_tgi=(run text-generation --provider tgi --base-url "$url_plain" --input 'one two')
run 0 "${to_tgi[@]}" --no-stream --json --param details=true --param best_of=2 --param do_sample=true --param top_n_tokens=2
each_line 'lines[0]["type"] == "details" and len(lines[0]["top_tokens"][0]) == 2 and len(lines[0]["best_of_sequences"]) == 1'
run 0 "${to_tgi[@]}" --json --param top_n_tokens=2 --param max_new_tokens=3
each_line 'len(lines[0]["top_tokens"]) == 2 and lines[0]["token"]["logprob"] == -0.25'
run 0 "${to_tgi[@]}" --no-stream --param 'grammar={"type":"json","value":{"type":"object"}}'
out_has '^{.*}$'
run 4 "${to_tgi[@]}" --param best_of=2 --param do_sample=true
err_has 'not supported when streaming'
run 4 "${to_tgi[@]}" --param temperature=0 --no-stream
err_has 'strictly positive'

title="an endpoint that is starting is waited for, in one attempt"
sim starting --plain --fault cold-start:3s
summary_lines=4 run 0 chat --base-url "$url_starting" --model a/b --wait --json --verbose hello
json_ends complete 'len(last["attempts"]) == 1 and last["attempts"][0]["cold_start_ms"] > 0'
err_has '^the endpoint is starting (0 s)'
title="waiting can be switched off"
sim stopped --plain --fault cold-start:1h
run 2 chat --base-url "$url_stopped" --model a/b --wait --no-wait hello
printf '{"cold_start": {"any_host": true, "wait": false}}' >never.json
run 5 chat --config never.json --base-url "$url_stopped" --model a/b hello
err_has 'is starting, which takes minutes'
printf '{"cold_start": {"any_host": true}}' >waits.json
run 5 chat --config waits.json --no-wait --base-url "$url_stopped" --model a/b --json hello
json_ends failed 'last["error"]["code"] == "starting" and len(last["attempts"]) == 1'
title="a deadline ends the wait"
run 6 chat --base-url "$url_stopped" --model a/b --wait --deadline 2s hello
err_has 'still starting'
run 5 endpoint health --base-url "$url_stopped"
out_has '^starting$'

title="check: each step with its time"
run 0 check --base-url "$url_tls" --cacert "$ca_tls"
for step in key name connection certificate clock call; do out_has "^  ok    $step "; done
out_has 'certificate .*issued by .* days left'
run 0 check --base-url "$url_plain" --json --call --model a/b
each_line 'lines[0]["ok"] and [s["step"] for s in lines[0]["steps"]] == ["key", "name", "proxy", "connection", "certificate", "clock", "call", "token"]'
run 3 check
err_has 'HF_TOKEN'
run 4 check --base-url "$url_bad_cert_host" --cacert "$ca_bad_cert_host"
out_has '^  FAIL  certificate .*another name'
err_has 'check failed: custom (certificate)'
run 4 check --base-url "$url_tls"
out_has 'FAIL  certificate'
run 5 check --base-url http://127.0.0.1:1 --json
each_line 'lines[0]["ok"] is False and lines[0]["steps"][-1]["step"] == "connection"'
KEY=hf_CanaryOfAnother run 4 check --base-url "$url_keyed" --cacert "$ca_keyed" --api-key-env KEY
out_has 'FAIL  call .*status 401'
KEY=$canary run 0 check --base-url "$url_keyed" --cacert "$ca_keyed" --api-key-env KEY
run 5 check --base-url http://no-such-host.invalid
out_has 'FAIL  name'
run 3 check --base-url http://127.0.0.1:1 --proxy nonsense://x
title="a provider that fails does not end the others' check"
HF_TOKEN=hf_Canary GROQ_API_KEY=gsk_Canary run 5 check --proxy http://127.0.0.1:1 --json
each_line '[p["provider"] for p in lines] == ["auto", "groq"] and not any(p["ok"] for p in lines)'

title="a provider of one's own, named in weir.json"
printf '{"provider": "acme", "model": "a/b", "ca_file": "%s", "vendors": {"acme":
  {"base_url": "%s/v1", "key_variable": "ACME_KEY", "key_header": "x-api-key"}}}' "$ca_keyed" "$url_keyed" >own.json
ACME_KEY=$canary run 0 chat --config own.json hello
out_has 'You said: "hello"'
ACME_KEY=$canary run 0 explain chat --config own.json hello
out_has '"x-api-key":"hf_\*\*\*"'
ACME_KEY=$canary run 0 models --config own.json --quiet
ACME_KEY=$canary run 0 check --config own.json
run 3 chat --config own.json hello
err_has 'no key for acme: set ACME_KEY'
printf '{"vendors": {"acme": {"base_url": "acme.test"}}}' >own.json
run 3 chat --config own.json hello
err_has 'own.json: vendors.acme.base_url: malformed URL'

title="a server that wants its key in a header of its own"
to_keyed=(--base-url "$url_keyed" --cacert "$ca_keyed" --api-key-env KEY --model a/b)
KEY=$canary run 0 chat "${to_keyed[@]}" --key-header x-api-key --query api-version=1 hello
out_has 'You said: "hello"'
KEY=$canary run 0 explain chat "${to_keyed[@]}" --key-scheme '' --query api-version=1 hello
out_has '/v1/chat/completions?api-version=1"'
out_has '"authorization":"hf_\*\*\*"'
KEY=$canary run 4 chat "${to_keyed[@]}" --key-header x-elsewhere hello
err_has 'rejected the key'
KEY=$canary run 3 chat "${to_keyed[@]}" --key-header Host hello
err_has '^weir: --key-header: "Host" is set by weir itself'
KEY=$canary run 2 chat "${to_keyed[@]}" --query api-version hello
err_has '--query takes NAME=VALUE'

title="a closed stdout ends the command quietly"
command="chat | head -c 4"
cases=$((cases + 1))
timeout 20 "$weir" chat --base-url "$url_paced" --model a/b hello 2>err | head -c 4 >out
code=${PIPESTATUS[0]}
[ "$code" = 141 ] || wrong "exit code $code"
[ ! -s err ] || wrong "stderr is not empty"

title="an output that cannot be written"
if [ -w /dev/full ]; then
  "$weir" chat "${to_plain[@]}" --quiet hello >/dev/full 2>err
  [ $? = 7 ] || wrong "the exit code is not 7"
  err_has 'cannot write'
fi

finish
