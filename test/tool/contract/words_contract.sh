#!/usr/bin/env bash
# words_contract.sh WEIR: what is refused, and in which words: those of the command, with what was probably meant.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
to_plain=(--base-url "$url_plain" --model a/b)

title="an unknown task or command is named, and not the options that follow it"
run 2 explain text-to-imag -m a/b --input x
err_has "unknown task 'text-to-imag'; did you mean text-to-image?: see weir explain --help"
run 2 explain --no-stream
err_has 'unknown option --no-stream'
run 0 explain --help
out_has '^Usage: weir explain .OPTION...* TASK$'
run 2 explain
err_has 'a task is missing; the tasks are chat, text-generation'
run 2 explain poetry --input x
err_has "unknown task 'poetry'; the tasks are chat"
run 2 endpoint --base-url "$url_plain" inf --json
err_has "unknown command 'inf'; did you mean info?"

title="explain refuses what would be refused when it is sent, in the same words"
for header in 'Host: x' 'content-length: 1' 'authorization: Bearer x' 'a b: x'; do
  run 2 chat "${to_plain[@]}" --header "$header" why
  cp err refused
  run 2 explain chat "${to_plain[@]}" --header "$header" why
  cmp -s err refused || wrong "explain has other words than chat: $(cat refused)"
  out_is_empty
done
run 2 explain text-to-image --provider nscale --model a/b --header 'Host: x' --input x
err_has 'is set by weir itself'

title="what is wrong with the command line is said in the words of the command"
run 2 completion
err_has 'SHELL is missing: bash, fish or zsh: see weir completion --help'
run 2 run
err_has 'TASK is missing: A task'
run 2 chat --model
err_has '\-\-model needs a value'
run 2 chat "${to_plain[@]}" --raw hello
err_has '\-\-raw needs --json'
run 2 chat "${to_plain[@]}" --wait --no-wait hello
err_has '\-\-wait and --no-wait exclude each other'
HF_TOKEN=$canary run 2 chat hello
err_has 'no model is named: name one with --model$'
run 2 chat "${to_plain[@]}" --param model=x hello
err_has '\-\-param may not set "model"'
run 3 chat --provider tgi --model a/b hello
err_has "needs the server's URL (--base-url)"
run 4 chat --base-url "$url_plain" --header 'x-fault: not-found' hello
err_has 'the model "tgi", which is sent where none is named, or this route: name one with --model'
run 4 chat "${to_plain[@]}" --header 'x-fault: not-found' hello
err_has 'does not know "a/b" or this route'
run 6 chat "${to_plain[@]}" --json --first-token-timeout 200ms --header 'x-fault: no-head' hello
json_ends stalled '"within --first-token-timeout" in last["error"]["message"]'

title="words of a parameter that are nearly known ones"
run 2 chat "${to_plain[@]}" --reasoning-effort hgih hello
err_has "there is no effort 'hgih'; did you mean high? (--param reasoning_effort=hgih sends it as it is)"
run 2 chat "${to_plain[@]}" --reasoning-effort High hello
for effort in none xhigh max of-its-own; do
  run 0 explain chat "${to_plain[@]}" --reasoning-effort $effort hello
  out_has "\"reasoning_effort\":\"$effort\""
done
run 0 explain chat "${to_plain[@]}" --param reasoning_effort=hgih hello
run 2 explain text-classification --base-url "$url_plain" --input x --param function_to_apply=softmx
err_has 'takes sigmoid, softmax or none, not .softmx.; did you mean softmax?'
run 0 explain text-classification --base-url "$url_plain" --input x --other function_to_apply=softmx

title="an argument of a fault is set off with a colon or an equals sign, in both places"
for fault in cut:300 cut=300; do
  run 7 chat "${to_plain[@]}" --header "x-fault: $fault" hello
  err_has lost
  sim cutting --plain --fault "$fault"
  run 7 chat --base-url "$url_cutting" --model a/b hello
  err_has lost
done

finish
