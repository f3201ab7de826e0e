#!/usr/bin/env bash
# demo.sh WEIR: streams one chat, from the real router if there is a token, else from the
# simulated provider.
set -euo pipefail
weir=$1
question="What does a weir do, in two sentences?"

if [ $# -eq 3 ]; then # called back by with_sim.sh
  echo "no HF_TOKEN: calling a simulated provider at $2 over verified TLS" >&2
  echo "\$ weir chat --config none --base-url $2 --cacert $3 --verbose \"$question\"" >&2
  # Ignores the user's own settings.
  exec "$weir" chat --config none --base-url "$2" --cacert "$3" --verbose "$question" </dev/null
fi
if [ -n "${HF_TOKEN:-}" ]; then
  echo "calling the Hugging Face router (HF_TOKEN is set)" >&2
  exec "$weir" chat --verbose --model "${WEIR_MODEL:-meta-llama/Llama-3.3-70B-Instruct}" "$question" </dev/null
fi
SIM_OPTIONS="--ttft 150ms --gap 25ms" exec "$(dirname "$0")/with_sim.sh" "$weir" "$0" "$weir"
