#!/usr/bin/env bash
# `make bench`: measures Perijove's release build beside JupyterHub 6.1.1 with configurable-http-proxy.
#
#   make bench BENCH=--quick            fewer and shorter rounds
#   make bench BENCH='--only scale'     50,000 users alone; 'plugins' are Python's costs alone
#   PERIJOVE_BINARY=FILE         a binary that is built already
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/test-environment.sh
. scripts/test-environment.sh

install_packages build-essential python3-venv wrk nginx
check_prerequisites
install_python
install_chp
if [ -z "${PERIJOVE_BINARY:-}" ]; then
  cargo build --locked --release -p perijove
  export PERIJOVE_BINARY=$PERIJOVE_TARGET_DIR/release/perijove
fi
exec "$PERIJOVE_TEST_PYTHON" bench/run.py --results "$PERIJOVE_TARGET_DIR/bench" "$@"
