#!/usr/bin/env bash
# Streams one chat: from the real router if there is a token, else from the simulated provider.
set -euo pipefail
weir=$1
question="What does a weir do, in two sentences?"

if [ -n "${HF_TOKEN:-}" ]; then
  echo "asking the Hugging Face router (HF_TOKEN is set)" >&2
  exec "$weir" chat --verbose --model "${WEIR_MODEL:-meta-llama/Llama-3.3-70B-Instruct}" "$question"
fi

log=$(mktemp)
"$weir" sim --tls --port 0 --ttft 150ms --gap 25ms >"$log" &
sim=$!
trap 'kill $sim 2>/dev/null; wait $sim 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 100); do
  grep -q '^ca file' "$log" && break
  kill -0 $sim 2>/dev/null || { echo "demo: the simulated provider did not start" >&2; exit 1; }
  sleep 0.05
done
url=$(sed -n 's/^listening on //p' "$log")
ca=$(sed -n 's/^ca file: //p' "$log")
echo "no HF_TOKEN: asking a simulated provider at $url over verified TLS" >&2
echo "\$ weir chat --base-url $url --cacert $ca --verbose \"$question\"" >&2
"$weir" chat --base-url "$url" --cacert "$ca" --model demo/model --verbose "$question"
