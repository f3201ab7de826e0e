#!/usr/bin/env bash
# shell_contract.sh WEIR: completion in the shells that are installed, and the manual pages.
. "${BASH_SOURCE%/*}/contract_lib.sh"

export PATH=$dir/bin:$PATH
mkdir bin
ln -s "$weir" bin/weir

# in_bash WORD…: what bash would offer for the last word, a line each, as readline calls the function. It splits words at
# `=` and `:`, as the arguments here are.
in_bash() {
  command="(in bash) $*"
  cases=$((cases + 1))
  bash --norc --noprofile -c '
    source <(weir completion bash)
    COMP_WORDS=(weir "$@") COMP_CWORD=$#
    function=$(complete -p weir | sed -n "s/.* -F \([^ ]*\) .*/\1/p")
    "$function" weir "${@: -1}" ""
    [ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >out 2>err
  [ ! -s err ] || wrong "stderr is not empty"
}
out_is() { [ "$(cat out)" = "$(printf '%s\n' "$@")" ] || wrong "the words are not $*"; }

title="bash completes commands, and the commands of commands"
in_bash cha
out_is chat
in_bash ''
out_has '^providers$'
if grep -q -e '^complete$' -e '^man$' out; then wrong "a hidden command is offered"; fi
in_bash endpoint he
out_is health
in_bash endpoint ''
out_has '^metrics$'
in_bash endpoint --base-url http : //x in
out_is info
in_bash explain text-to-i
out_is text-to-image

title="bash completes options and their values"
in_bash chat --mod
out_is --model
in_bash chat --provider gro
out_is groq
in_bash chat -p gro
out_is groq
in_bash chat --provider = gro
out_is groq
in_bash chat --provider =
out_has '^groq$'
in_bash chat --reasoning-effort m
out_is minimal medium max
in_bash -
out_has '^--help$'
out_has '^--version$'
in_bash chat -
out_has '^--model$'
in_bash chat 'a prompt' --json --qui
out_is --quiet
in_bash sim --fault cold
out_has '^cold-start$'
in_bash completion z
out_is zsh
in_bash check ollam
out_is ollama

title="bash completes the providers that have the task, and those of weir.json"
in_bash chat -p fal
out_is_empty
in_bash run text-to-image -p fal
out_is fal-ai
in_bash explain chat -p fal
out_is_empty
in_bash check fal
out_is fal-ai
mkdir -p .config/weir
printf '{"vendors": {"acme": {"base_url": "https://acme.test/v1"}}}' >.config/weir/weir.json
in_bash chat -p acm
out_is acme
printf '{' >.config/weir/weir.json
in_bash chat -p gro
out_is groq
rm -r .config

title="bash completes tasks, and the parameters of the task that is named"
in_bash run text-to-i
out_is text-to-image
in_bash run text-to-image --param neg
out_is negative_prompt=
in_bash explain feature-extraction --param normalize = t
out_is true
in_bash run feature-extraction --param truncation_direction = l
out_is left
in_bash models --task summ
out_is summarization

title="bash completes files, also those with an @ before them"
mkdir -p media/inner
: >media/talk.mp3
: >media/.hidden
in_bash chat --cacert med
out_is media
in_bash run automatic-speech-recognition --input @med
out_is @media/
in_bash run automatic-speech-recognition --input @media/t
out_is @media/talk.mp3
in_bash chat @media/
[ "$(sort out | tr '\n' ' ')" = "@media/inner/ @media/talk.mp3 " ] || wrong "not the two files"

title="what cannot be completed has no words"
for line in "chat --seed 1" "chat --nonsense=x" "nonsense x" "chat -- --mod" "run text-to-image extra"; do
  # shellcheck disable=SC2086
  in_bash $line
  out_is_empty
done

title="fish completes the same"
if command -v fish >/dev/null; then
  "$weir" completion fish >weir.fish
  in_fish() {
    command="(in fish) $1"
    cases=$((cases + 1))
    fish --no-config -c "source weir.fish; complete -C '$1'" >out 2>err
    [ ! -s err ] || wrong "stderr is not empty"
  }
  in_fish 'weir cha'
  out_has '^chat	Send a prompt'
  in_fish 'weir chat --provider=gro'
  out_has '^--provider=groq'
  in_fish 'weir run text-to-image --param neg'
  out_has '^negative_prompt='
  in_fish 'weir chat --cacert med'
  out_has '^media/'
else
  echo "no fish: its completion is not checked"
fi

title="zsh completes the same"
if command -v zsh >/dev/null; then
  "$weir" completion zsh >_weir
  zsh -n _weir 2>err || wrong "the script has an error"
  # Completion needs an editor: the functions that show words are replaced.
  in_zsh() {
    command="(in zsh) $*"
    cases=$((cases + 1))
    zsh -f -c 'compdef() { : }
      _describe() { print -l -- "${(@P)2}" }
      _files() { print files }
      compset() { : }
      source ./_weir
      words=(weir "$@") CURRENT=$(($# + 1))
      _weir' zsh "$@" >out 2>err
    [ ! -s err ] || wrong "stderr is not empty"
  }
  in_zsh cha
  out_has '^chat:Send a prompt'
  in_zsh chat --provider=gro
  out_is '--provider=groq:'
  in_zsh run text-to-image --param neg
  out_has '^negative_prompt=:'
  in_zsh chat --cacert med
  out_is files
else
  echo "no zsh: its completion is not checked"
fi

title="a shell without a script"
run 2 completion tcsh
err_has 'the shells are bash, fish, zsh'

title="every command has a manual page that renders without a warning"
mkdir pages
run 0 man --into pages
for name in $("$weir" complete -- '' | cut -f1); do
  [ -s "pages/weir-$name.1" ] || wrong "there is no page weir-$name"
done
if command -v groff >/dev/null; then
  for page in pages/*.1; do
    command="man ($page)"
    cases=$((cases + 1))
    groff -man -Kutf8 -Tutf8 -ww -z "$page" 2>err
    [ ! -s err ] || wrong "groff warns"
    LC_ALL=C.UTF-8 groff -man -Kutf8 -Tutf8 -P-cbou "$page" >out 2>err
    out_has '^NAME$'
    out_has '^SYNOPSIS$'
  done
  groff -man -Kutf8 -Tutf8 -P-cbou pages/weir-run.1 >out
  out_has '  guidance_scale=X'
  out_has '  \-o, \-\-output FILE'
  groff -man -Kutf8 -Tutf8 -P-cbou pages/weir-endpoint.1 >out
  out_has '^CHAT-TOKENIZE OPTIONS$'
else
  echo "no groff: the manual pages are not rendered"
fi
run 2 man nonsense
run 7 man --into nowhere

finish
