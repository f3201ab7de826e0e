#!/usr/bin/env bash
# package.sh FOLDER DEVELOPMENT_PACKAGE…: makes the Debian package of weir in FOLDER, installs it in a clean Debian,
# where the command runs and programs compile with it, and builds the vcpkg port and the Conan recipe where their tools
# are installed. DEVELOPMENT_PACKAGEs are what a program needs to compile with weir. What cannot be checked here is said
# and skipped.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$here")
mkdir -p "$1"
folder=$(readlink -f "$1")
shift
development=("$@")
say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf 'package.sh: %s\n' "$*" >&2; exit 1; }

make_package() {
  local list
  list=$(printf '%s, ' "${development[@]}")
  say "building the package"
  cmake -S "$source" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DWEIR_ZSH_DIR=share/zsh/vendor-completions -DWEIR_BUILD_TESTS=OFF -DWEIR_BUILD_EXAMPLES=OFF \
    -DWEIR_BUILD_BENCHMARKS=OFF -DCPACK_DEBIAN_PACKAGE_RECOMMENDS="${list%, }" \
    -DCPACK_PACKAGE_CONTACT="${DEBFULLNAME:-the weir developers}${DEBEMAIL:+ <$DEBEMAIL>}" >"$folder/build.log"
  cmake --build "$folder/build" >>"$folder/build.log" || { tail -20 "$folder/build.log"; fail "the build failed"; }
  rm -f "$folder"/*.deb
  (cd "$folder/build" && cpack -B "$folder/cpack") >>"$folder/build.log" 2>&1 ||
    { tail -20 "$folder/build.log"; fail "cpack failed"; }
  mv "$folder"/cpack/*.deb "$folder"
  rm -rf "$folder/cpack"
  package=$(echo "$folder"/*.deb)
  dpkg-deb --field "$package" Package Version Architecture Depends Recommends
}

# The machine's own sources of Debian, a line each: URI, release and component.
debian_sources() { # CODENAME
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v name="$1" '$2 ~ "^" name "(-updates|-security)?$"' | sort -u
}

# A Debian without anything of this machine's, in $root. It is kept: only the first run downloads it.
make_debian() {
  local codename mirror
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  mirror=$(debian_sources "$codename" | awk -v name="$codename" '$2 == name && $3 == "main" { print $1; exit }')
  [ -n "$mirror" ] || { echo "apt has no source of $codename"; return 1; }
  if [ ! -f "$folder/debian.tar" ]; then
    rm -rf "$root"
    debootstrap --variant=minbase --include=ca-certificates "$codename" "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 ||
      { tail -3 "$folder/debootstrap.log"; return 1; }
    debian_sources "$codename" | sed 's/^/deb /' >"$root/etc/apt/sources.list"
    apt-config dump Acquire >"$root/etc/apt/apt.conf.d/90acquire"
    tar -C "$root" -cf "$folder/debian.tar.part" .
    mv "$folder/debian.tar.part" "$folder/debian.tar"
  fi
  rm -rf "$root"
  mkdir "$root"
  tar -C "$root" -xf "$folder/debian.tar"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

in_debian() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

check_package() {
  root=$folder/debian
  if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
    say "skipped: installing the package in a clean Debian takes root and debootstrap"
    return
  fi
  say "installing the package in a clean Debian"
  make_debian || { say "skipped: there is no clean Debian to be had here"; return; }
  cp "$package" "$root/weir.deb"
  {
    in_debian apt-get update -q
    in_debian apt-get install -y -q --no-install-recommends /weir.deb
  } >"$folder/install.log" 2>&1 || { tail -20 "$folder/install.log"; fail "the package cannot be installed"; }
  in_debian weir --version
  in_debian weir explain chat -m a/b 'no key is needed' >/dev/null
  in_debian test -s /usr/share/man/man1/weir-chat.1.gz -a -s /usr/share/doc/weir/copyright
  in_debian bash -c '. /usr/share/bash-completion/completions/weir && complete -p weir' >/dev/null

  say "compiling programs with it"
  in_debian apt-get install -y -q --no-install-recommends g++ make cmake pkgconf "${development[@]}" \
    >>"$folder/install.log" 2>&1 || { tail -20 "$folder/install.log"; fail "a compiler cannot be installed"; }
  cp -r "$source/test/consumers" "$root/consumers"
  printf '%s\n' '#include <weir/weir.hpp>' 'int main() { weir::client client(weir::from_environment()); }' \
    >"$root/two_lines.cpp"
  in_debian sh -ec 'g++ two_lines.cpp $(pkg-config --cflags --libs weir) -o two_lines && ./two_lines'
  in_debian /consumers/plain.sh /usr g++
  in_debian sh -ec 'cmake -S consumers/installed -B built && cmake --build built && built/consumer' \
    >>"$folder/install.log" 2>&1 || { tail -20 "$folder/install.log"; fail "a CMake project cannot use the package"; }
  in_debian dpkg --purge weir >>"$folder/install.log" 2>&1
  ! in_debian sh -c 'find /usr -name "*weir*" | grep .' || fail "files are left after the package is removed"
  rm -rf "$root"
  say "the package installs, works, and leaves nothing behind when it is removed"
}

check_vcpkg() {
  local vcpkg
  vcpkg=$(command -v vcpkg || echo "${VCPKG_ROOT:-/nowhere}/vcpkg")
  if [ ! -x "$vcpkg" ]; then
    say "skipped: the vcpkg port takes vcpkg (in the path, or in \$VCPKG_ROOT)"
    return
  fi
  say "building the vcpkg port"
  "$vcpkg" install 'weir[tool]' --overlay-ports="$here/vcpkg" --classic
}

# Boost, OpenSSL, SQLite, nghttp2, zlib and zstd are the system's, so that nothing but weir is built.
check_conan() {
  local profile=$folder/conan.profile
  if ! command -v conan >/dev/null; then
    say "skipped: the Conan recipe takes conan 2 (pip install conan)"
    return
  fi
  say "building the Conan recipe"
  export CONAN_HOME=$folder/conan
  conan profile detect --force >"$folder/conan.log" 2>&1
  cat "$(conan profile path default)" - >"$profile" <<P
[platform_requires]
boost/$(version_of libboost)
openssl/$(version_of libssl)
sqlite3/$(version_of libsqlite3)
libnghttp2/$(version_of libnghttp2)
zlib/$(version_of zlib1g)
zstd/$(version_of libzstd)
P
  sed -i 's/^compiler.cppstd=.*/compiler.cppstd=20/' "$profile"
  conan create "$here/conan" --profile:all "$profile" --build=weir/* -c tools.build:jobs=2 \
    -c tools.cmake.cmake_layout:test_folder="$folder/conan_test" >>"$folder/conan.log" 2>&1 ||
    { tail -20 "$folder/conan.log"; fail "the Conan recipe cannot be built"; }
  say "the Conan recipe builds, and a program compiles with its package"
}

# The version of the first development package of that name.
version_of() {
  local one
  for one in "${development[@]}"; do
    case $one in "$1"*)
      dpkg-query -W -f='${Version}' "$one" | sed 's/^[0-9]*://; s/[^0-9.].*//'
      return
      ;;
    esac
  done
}

make_package
check_package
check_vcpkg
check_conan
say "$package is ready"
