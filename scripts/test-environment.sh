# Installs what the tests and the bench need, and exports where it is. To be sourced from the project's root.
# shellcheck shell=bash
# shellcheck source=scripts/common.sh
. scripts/common.sh

# True when every account can enter this folder, or the nearest one above it that exists.
open_to_all() {
  local folder=$1
  while [ "$folder" != / ]; do
    [ ! -d "$folder" ] || [ -n "$(find "$folder" -maxdepth 0 -perm -o=x 2>/dev/null)" ] || return 1
    folder=$(dirname "$folder")
  done
}

# Installed and built things are kept here between runs. The accounts that the tests make run the servers
# from it, so a home that others cannot enter does not do.
perijove_cache=${PERIJOVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/perijove}
if ! open_to_all "$perijove_cache"; then
  perijove_cache=/var/cache/perijove-$(id -un)
  [ -d "$perijove_cache" ] || as_root install -d -m 0755 -o "$(id -u)" -g "$(id -g)" "$perijove_cache"
fi
mkdir -p "$perijove_cache"
if [ -n "${CI:-}" ]; then
  # A fresh clone each time: what was built for the last one is kept beside it.
  export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$perijove_cache/target}
fi
export PERIJOVE_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}

# install_packages PACKAGE...: those that are missing, from Debian's or Ubuntu's archive.
install_packages() {
  local missing=() package
  command -v dpkg-query >/dev/null || { say "no dpkg here; install these yourself: $*"; return 0; }
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh "${missing[@]}" >"$perijove_cache/apt.log" 2>&1 ||
    { tail -n 20 "$perijove_cache/apt.log" >&2; fail "apt-get could not install: ${missing[*]}"; }
}

# The proxy that JupyterHub starts, run by a Node.js that is recent enough for it.
install_chp() {
  local folder stamp node npm
  stamp=$(cat e2e/node/package-lock.json | sha256sum | cut -c1-16)
  folder=$perijove_cache/chp
  export PERIJOVE_TEST_CHP=$folder/bin/configurable-http-proxy
  [ "$(cat "$folder/.perijove-stamp" 2>/dev/null)" = "$stamp $PERIJOVE_TEST_PYTHON" ] && "$PERIJOVE_TEST_CHP" --version >/dev/null 2>&1 && return 0
  node=$(command -v node || true); npm=$(command -v npm || true)
  if [ -z "$npm" ] || ! at_least "$(node --version 2>/dev/null | tr -d v)" 20; then
    node=$(dirname "$PERIJOVE_TEST_PYTHON")/node; npm=$(dirname "$PERIJOVE_TEST_PYTHON")/npm
  fi
  say "installing configurable-http-proxy"
  rm -rf "$folder"; mkdir -p "$folder/bin"
  cp e2e/node/package.json e2e/node/package-lock.json "$folder/"
  (cd "$folder" && PATH="$(dirname "$node"):$PATH" "$npm" ci --silent --no-fund --no-audit >&2)
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node" "$folder/node_modules/configurable-http-proxy/bin/configurable-http-proxy" >"$PERIJOVE_TEST_CHP"
  chmod +x "$PERIJOVE_TEST_CHP"
  printf '%s\n' "$stamp $PERIJOVE_TEST_PYTHON" >"$folder/.perijove-stamp"
}

# The environment of Python: JupyterHub 6.1.1 as peer and yardstick, JupyterLab, pytest, Playwright.
install_python() {
  local venv=$perijove_cache/venv python=python3
  export PERIJOVE_TEST_PYTHON=$venv/bin/python
  # The system's own Python, which other accounts can run too; one in a home they cannot.
  [ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
  [ -d "$venv" ] || say "installing JupyterHub, JupyterLab and Playwright into $venv"
  make_venv "$venv" packaging/singleuser-requirements.txt e2e/requirements.txt
}
