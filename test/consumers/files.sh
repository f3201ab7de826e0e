#!/usr/bin/env bash
# files.sh PREFIX: an install has the licence, and what belongs to the command: manual pages and completions.
set -euo pipefail
prefix=$1
for file in doc/weir/LICENSE man/man1/weir.1 man/man1/weir-chat.1 bash-completion/completions/weir \
  fish/vendor_completions.d/weir.fish zsh/site-functions/_weir; do
  [ -s "$prefix/share/$file" ] || { echo "files.sh: $file is not installed" >&2; exit 1; }
done
