#!/usr/bin/env bash
# plain.sh PREFIX COMPILER [FLAG…]: third-party programs against a weir installed at PREFIX, compiled without CMake.
set -euo pipefail
prefix=$1
compile=("${@:2}")
here=$(dirname "$(readlink -f "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "plain.sh: $*" >&2; exit 1; }

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name weir.pc)")
# Quoted for a shell: the prefix may contain blanks.
eval "flags=($(pkg-config --cflags --libs weir))"
export LD_LIBRARY_PATH=${PKG_CONFIG_PATH%/pkgconfig}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

runs() { # NAME SOURCE… [-- FLAG…]
  local name=$1 sources=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do sources+=("$here/$1"); shift; done
  [ $# -gt 0 ] && shift
  "${compile[@]}" "${sources[@]}" "${flags[@]}" "$@" -o "$dir/$name" || fail "$name does not compile"
  "$dir/$name" >"$dir/output" 2>&1 || { cat "$dir/output"; fail "$name does not run"; }
}
refused() { # WORDS FLAG…
  local words=$1
  shift
  ! "${compile[@]}" "$@" -E "$here/main.cpp" 2>"$dir/output" >/dev/null || fail "this compiles: $*"
  grep -q -- "$words" "$dir/output" || { cat "$dir/output"; fail "this message is missing: $words"; }
}

runs main main.cpp
runs asio_first asio_first.cpp asio_alone.cpp -- -lssl -lcrypto
include=-I$prefix/include
refused "weir needs C++20" -std=c++17 "$include"
refused "changes Asio's types" -std=c++20 "$include" -DBOOST_ASIO_ENABLE_HANDLER_TRACKING
refused "changes Asio's types" -std=c++20 "$include" -DBOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8
refused "changes Asio's types" -std=c++20 "$include" -DBOOST_ASIO_NO_DEPRECATED
