// What shells run to complete `weir`: each passes on the words of the line, and shows what it gets.
#include "tool/reference/completion.hpp"

namespace weir::inline v0::cli {

namespace {

// bash splits words at `=` and `:`, and replaces only what follows the last of them.
constexpr std::string_view bash =
    R"sh(# Completion of weir for bash: source this file, or install it as bash-completion/completions/weir.
_weir() {
  local current=${COMP_WORDS[COMP_CWORD]} word text joined='' last=0 i
  local -a words=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == [:=]* && ${#words[@]} -gt 0 ]]; then
      words[last]+=$word
      joined=1
    elif [[ $joined ]]; then
      words[last]+=$word
      joined=''
    else
      last=${#words[@]}
      words+=("$word")
    fi
  done
  [[ $current == [:=]* ]] && current=''
  local before=${words[last]%"$current"}
  COMPREPLY=()
  while IFS=$'\t' read -r text _; do
    if [[ $text == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
    fi
    COMPREPLY+=("${text#"$before"}")
  done < <("$1" complete -- "${words[@]}" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _weir weir
)sh";

constexpr std::string_view fish = R"sh(# Completion of weir for fish: install it as completions/weir.fish.
function __weir_complete
    set -l words (commandline -opc)
    set -l command $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l lines ($command complete -- $words "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
    else
        printf '%s\n' $lines
    end
end
complete -c weir -f -a '(__weir_complete)'
)sh";

constexpr std::string_view zsh = R"sh(#compdef weir
# Completion of weir for zsh: install it as _weir in a folder of $fpath.
_weir() {
  local line
  local -a lines complete_words open_words
  lines=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ ${lines[1]} == :files ]]; then
    [[ ${words[CURRENT]} == --*=* ]] && compset -P '*='
    _files
    return
  fi
  for line in "${lines[@]}"; do
    [[ -z $line ]] && continue
    local text=${line%%$'\t'*} description=${line#*$'\t'}
    if [[ $text == *[=/] ]]; then
      open_words+=("${text//:/\\:}:$description")
    else
      complete_words+=("${text//:/\\:}:$description")
    fi
  done
  (( ${#open_words} )) && _describe weir open_words -S ''
  (( ${#complete_words} )) && _describe weir complete_words
}
if [[ ${funcstack[1]} == _weir ]]; then
  _weir "$@"
else
  compdef _weir weir
fi
)sh";

} // namespace

std::string_view completion_script(std::string_view shell) noexcept {
  if (shell == "bash")
    return bash;
  if (shell == "fish")
    return fish;
  return shell == "zsh" ? zsh : std::string_view();
}

} // namespace weir::inline v0::cli
