"""Port numbers that no other test of this run uses."""

from __future__ import annotations

import itertools
import os
import socket

# Below the range from which the kernel takes the ports of outgoing connections.
_FIRST, _SHARE = 12_000, 2_000


def _worker_number() -> int:
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return int(name.removeprefix("gw"))


_candidates = itertools.cycle(range(_FIRST + _worker_number() % 10 * _SHARE, _FIRST + (_worker_number() % 10 + 1) * _SHARE))


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on; each call gives another one."""
    for port in itertools.islice(_candidates, _SHARE):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port left")
