# Shared by the scripts beside it: messages, prerequisites, Python environments.
# shellcheck shell=bash

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$1" >&2; shift; for line in "$@"; do printf '       %s\n' "$line" >&2; done; exit 1; }

# True when version $1 is at least $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# The prefix that runs a command as root, or nothing for root itself.
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

rust_version_needed=1.94

# Checks what `make run` cannot install by itself, all of it at once, and prints the commands that mend it.
check_prerequisites() {
  local packages=() rust=""
  command -v make >/dev/null || packages+=(make)
  # A compiler without the C library's headers cannot build SQLite.
  if ! printf '#include <stdio.h>\nint main(void){return 0;}\n' | "${CC:-cc}" -x c -o /dev/null - 2>/dev/null; then
    packages+=(build-essential)
  fi
  python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)

  PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  local version
  version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || true
  version=${version%%-*}
  if [ -z "$version" ] || ! command -v cargo >/dev/null; then
    rust="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
    command -v curl >/dev/null || packages+=(curl ca-certificates)
  elif ! at_least "$version" "$rust_version_needed"; then
    if command -v rustup >/dev/null; then
      rust="rustup update stable && rustup default stable"
    else
      rust="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
      command -v curl >/dev/null || packages+=(curl ca-certificates)
    fi
  fi

  [ ${#packages[@]} = 0 ] && [ -z "$rust" ] && return 0
  {
    echo "Something that Perijove is built with is missing. These commands mend it on Debian and Ubuntu:"
    echo
    if [ ${#packages[@]} -gt 0 ]; then
      local sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo "
      echo "    ${sudo}apt-get update && ${sudo}apt-get install -y ${packages[*]}"
    fi
    if [ -n "$rust" ]; then
      echo "    $rust        # Rust $rust_version_needed or later; found: ${version:-none}"
      [ -n "$version" ] || echo '    . "$HOME/.cargo/env"'
    fi
    echo
    echo "Then run the same command again."
  } >&2
  exit 1
}

# make_venv DIRECTORY REQUIREMENTS...: a virtual environment that matches the requirement files.
# `python` is the interpreter it is made with. Made anew when they change, when the folder has moved, or when its Python is gone.
make_venv() {
  local venv=$1; shift
  local constraints=packaging/singleuser-constraints.txt stamp
  stamp=$( { printf '%s\n' "$venv" "${python:-python3}"; cat "$@" "$constraints"; } | sha256sum | cut -c1-16)
  if [ "$(cat "$venv/.perijove-stamp" 2>/dev/null)" = "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    return 0
  fi
  rm -rf "$venv"
  "${python:-python3}" -m venv "$venv"
  local arguments=() file
  for file in "$@"; do arguments+=(-r "$file"); done
  # The exact versions exist for Python 3.11 and later; older ones get the newest that fit.
  if "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    arguments+=(-c "$constraints")
  fi
  [ -t 2 ] || arguments+=(--quiet)
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input "${arguments[@]}" >&2
  printf '%s\n' "$stamp" > "$venv/.perijove-stamp"
}
