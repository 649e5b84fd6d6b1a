#!/usr/bin/env bash
# `make check`: what holds before a change is sent: format, lints, layers, generated files, unit tests, dependencies.
# `make test` runs everything else, against real databases, accounts, servers and a browser.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/common.sh
. scripts/common.sh
check_prerequisites

failed=()
step() {
  local name=$1
  shift
  say "$name"
  "$@" || failed+=("$name")
}

# Scripts are checked where the checker is installed, and so are the licences and advisories of what is imported.
optional() {
  local tool=$1 name=$2
  shift 2
  if command -v "$tool" >/dev/null; then step "$name" "$@"; else say "$name: left out, $tool is not installed"; fi
}

step format cargo fmt --all --check
step lints cargo clippy --locked --workspace --all-targets -- -D warnings
step "generated files" cargo run --locked --quiet -p xtask -- configuration-reference --check
optional shellcheck "shell scripts" shellcheck -x -S warning scripts/*.sh e2e/*.sh .ci/run
optional cargo-deny "dependencies" cargo deny check bans licenses sources
step rules cargo test --locked --quiet -p xtask --tests
step "unit tests" cargo test --locked --workspace --lib --bins

[ ${#failed[@]} = 0 ] || fail "these did not pass: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')"
