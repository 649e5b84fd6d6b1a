#!/usr/bin/env bash
# `make test`: installs what the tests need and runs all of them.
#
#   PERIJOVE_TESTS="rust worker e2e"   the parts to run, in this order (all three)
#   PERIJOVE_E2E="-k browser"          further arguments for the end-to-end tests' pytest
#   PERIJOVE_BINARY=FILE               a binary that is built already, for the end-to-end tests
#   PERIJOVE_CACHE=DIR                 where the tools that it installs are kept
#
# As root the system accounts of the PAM tests are made, and removed again. With sudo only the end-to-end tests
# that need root run as root.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/test-environment.sh
. scripts/test-environment.sh || exit

parts=${PERIJOVE_TESTS:-rust worker e2e}

# Installs everything, and starts this script again beside the databases.
prepare() {
  set -e
  install_packages build-essential python3-venv passwd util-linux libpam-modules openssl \
    postgresql mariadb-server chromium slapd ldap-utils sudo slurm-wlm munge systemd dbus docker.io iproute2
  check_prerequisites
  install_python
  install_chp
  exec e2e/databases.sh run scripts/test.sh --prepared
}

# The binary and every test, in one go and in the profile that they run in.
build() {
  say "building"
  cargo build --locked --workspace --lib --bins --tests
}

rust() {
  say "Rust: unit tests, and each crate against real databases, PAM and Python"
  cargo test --locked --workspace --no-fail-fast
}

worker() {
  say "Python: the configuration worker's own tests"
  "$PERIJOVE_TEST_PYTHON" -m pytest -q -p no:cacheprovider python/tests
}

# Two at a time: most of their time is spent waiting for interpreters to start. A file's tests stay together,
# since they share a hub.
e2e() {
  say "end to end: real clients, servers, kernels, accounts and a real browser"
  local arguments=(-p no:cacheprovider -n "${PERIJOVE_E2E_WORKERS:-2}" --dist loadfile)
  # shellcheck disable=SC2206
  arguments+=(${PERIJOVE_E2E:-})
  if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then
    # What needs root, as root; the rest without, below.
    sudo --preserve-env "$PERIJOVE_TEST_PYTHON" -m pytest e2e "${arguments[@]}" -m root || failed+=("e2e as root")
  fi
  "$PERIJOVE_TEST_PYTHON" -m pytest e2e "${arguments[@]}"
}

# Accounts of the tests that were not there before do not stay.
remove_accounts() { [ "$(id -u)" != 0 ] || [ -n "$had_accounts" ] || e2e/accounts.sh remove; }

case ${1:-} in
'') prepare ;;
--prepared) ;;
*) fail "scripts/test.sh takes no arguments; see its first lines" ;;
esac

failed=()
for database in POSTGRES MYSQL; do
  name=PERIJOVE_TEST_$database
  # Without these the store's tests would leave out half of what they are for, and say so only in passing.
  [ -n "${!name:-}" ] || failed+=("start of $database")
done
had_accounts=$(getent passwd pjv-ada || true)
trap remove_accounts EXIT

# Nothing else can be true when it does not build.
case $parts in *rust* | *e2e*) [ -n "${PERIJOVE_BINARY:-}" ] || build || fail "it does not build" ;; esac
for part in $parts; do
  # Told before the last part, so that the output ends with that part's own closing lines.
  [ ${#failed[@]} = 0 ] || say "FAILED so far: ${failed[*]}"
  "$part" || failed+=("$part")
done
[ ${#failed[@]} = 0 ]
