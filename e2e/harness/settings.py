"""Which server is tested and where the tools are; read from the environment that `make test` sets."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
E2E = PROJECT / "e2e"

#: "perijove", or "jupyterhub" to run the same tests against the original.
SERVER = os.environ.get("PERIJOVE_E2E_SERVER", "perijove")

#: The environment that holds jupyterhub, jupyterlab and what else the servers need.
PYTHON = Path(os.environ.get("PERIJOVE_TEST_PYTHON", sys.executable))

#: configurable-http-proxy.
CHP = Path(os.environ.get("PERIJOVE_TEST_CHP") or shutil.which("configurable-http-proxy") or "configurable-http-proxy")


def perijove_binary() -> Path:
    """The binary under test: `PERIJOVE_BINARY`, or the debug build."""
    target = Path(os.environ.get("PERIJOVE_TARGET_DIR") or os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")
    return Path(os.environ.get("PERIJOVE_BINARY") or target / "debug" / "perijove")


def command(kind: str) -> list[str]:
    """The command that starts a server of this kind."""
    if kind == "perijove":
        return [str(perijove_binary())]
    return [str(PYTHON.parent / "jupyterhub")]


def search_path() -> str:
    """`PATH` for the servers: jupyterhub-singleuser and python first, then the proxy, then the system's."""
    system = os.environ.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return os.pathsep.join([str(PYTHON.parent), str(CHP.parent), system])
