#!/usr/bin/env bash
# cache_contract.sh WEIR: weir chat --cache, and weir cache.
. "${BASH_SOURCE%/*}/contract_lib.sh"
unset XDG_CACHE_HOME

if "$weir" chat --cache --base-url http://127.0.0.1:9 hi 2>&1 </dev/null | grep -q 'without SQLite'; then
  echo "this weir was built without SQLite"
  exit 0
fi
sim plain --plain
to_plain=(--base-url "$url_plain" --model a/b)
file=$HOME/.cache/weir/responses.sqlite
holds() { grep -q -e "$2" "$1" || wrong "$1 does not hold '$2'"; }

title="the second identical chat comes from the cache, and says so"
run 0 chat "${to_plain[@]}" --cache "Why is the sky blue?"
out_has 'Why is the sky blue?'
grep -q 'from the cache' err && wrong "the first one is no hit"
cp out first
run 0 chat "${to_plain[@]}" --cache "Why is the sky blue?"
holds err 'from the cache, [0-9]* s old'
cmp -s out first || wrong "the answers differ"
[ "$(stat -c %a "$file")" = 600 ] || wrong "others can read the cache"
kill "${sims[0]}"
wait "${sims[0]}" 2>/dev/null
run 0 chat "${to_plain[@]}" --cache "Why is the sky blue?"
run 0 chat "${to_plain[@]}" --cache --no-stream "Why is the sky blue?"
cmp -s out first || wrong "a stream does not answer a call that is not streamed"
run 0 chat "${to_plain[@]}" --cache --json "Why is the sky blue?"
holds out '"cache":{"hit":true,"age_s":[0-9.e-]*,"stale":false,"key":"[0-9a-f]\{64\}"}'
holds out '"cost":0'
run 5 chat "${to_plain[@]}" --cache --retries 0 "Something else?"
run 5 chat "${to_plain[@]}" --cache --refresh --retries 0 "Why is the sky blue?"
run 5 chat "${to_plain[@]}" --cache --cache-ttl 1ns --retries 0 "Why is the sky blue?"
run 2 chat "${to_plain[@]}" --cache-ttl 1h "Why is the sky blue?"
run 2 chat "${to_plain[@]}" --cache --no-cache "Why is the sky blue?"

title="weir cache shows what is there, and clears it"
run 0 cache stats
out_has '1 answer'
run 0 cache show
holds out 'chat .*custom/a/b'
key=$("$weir" cache show --json | sed 's/.*"key":"\([0-9a-f]*\)".*/\1/')
run 0 cache show "${key:0:8}"
cmp -s out first || wrong "the answer differs"
run 4 cache show 0000000000
run 0 cache clear --json
out_has '{"cleared":1}'
run 0 cache stats --json
out_has '"entries":0'
run 0 cache stats --dir nowhere
[ ! -e nowhere ] || wrong "looking makes a folder"

title="tasks whose answers are kept take --cache, and the others say so"
sim tasks --plain
to_tasks=(--base-url "$url_tasks" --model a/b)
run 0 run feature-extraction -p openai --base-url "$url_tasks/v1" --model a/b --cache=tasks --input water
cp out first
run 0 run feature-extraction -p openai --base-url "$url_tasks/v1" --model a/b --cache=tasks --input water
holds err 'from the cache'
cmp -s out first || wrong "the answers differ"
run 0 run text-generation -p tgi "${to_tasks[@]}" --cache=tasks --input water
run 0 run text-generation -p tgi "${to_tasks[@]}" --cache=tasks --input water
holds err 'from the cache'
run 0 run text-generation -p tgi "${to_tasks[@]}" --cache=tasks --refresh --input water
grep -q 'from the cache' err && wrong "--refresh has no effect"
for option in --cache --refresh --cache-ttl=1h; do
  [ "$option" = --cache-ttl=1h ] && option="--cache --cache-ttl=1h"
  # shellcheck disable=SC2086
  run 2 run summarization "${to_tasks[@]}" $option --input water
  holds err 'answers to summarization are not kept; those to chat, text-generation and feature-extraction'
done
run 0 run feature-extraction -p openai --base-url "$url_tasks/v1" --model a/b --no-cache --input water
key=$("$weir" cache show --dir tasks --json | grep embeddings | sed 's/.*"key":"\([0-9a-f]*\)".*/\1/')
run 0 cache show --dir tasks "${key:0:8}"
holds out '^\[-*0'

title="a cache elsewhere, and one that cannot be used"
sim plain --plain
to_plain=(--base-url "$url_plain" --model a/b)
run 0 chat "${to_plain[@]}" --cache=here hello
[ -f here/responses.sqlite ] || wrong "there is no file"
printf 'no database, but a text of some length' >here/responses.sqlite
"$weir" chat "${to_plain[@]}" --cache=here hello >out 2>err
holds err 'is damaged .* renamed to here/responses.sqlite.set-aside-1'
holds err 'complete'
: >plain_file
"$weir" chat "${to_plain[@]}" --cache=plain_file hello >out 2>err || wrong "the call did not go on"
holds err 'is not used'

title="weir.json turns the cache on, and --no-cache off"
printf '{"cache": {"any_temperature": true, "disk": "own.sqlite"}}' >on.json
run 0 chat --config on.json "${to_plain[@]}" hello
run 0 chat --config on.json "${to_plain[@]}" hello
holds err 'from the cache'
run 0 chat --config on.json --no-cache "${to_plain[@]}" hello
grep -q 'from the cache' err && wrong "--no-cache has no effect"
[ -f own.sqlite ] || wrong "there is no file"

finish
