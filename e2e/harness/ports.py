"""Port numbers that no other test of this run uses, nor another run beside it."""

from __future__ import annotations

import itertools
import os
import socket

# Below the range from which the kernel takes the ports of outgoing connections.
_FIRST, _LAST, _SHARE = 12_000, 32_000, 1_000
#: The workers of a run deal the ports out among themselves: what one has found free, another may be about to take.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
_start = _FIRST + _run * _SHARE % (_LAST - _FIRST)
_candidates = (port for port in itertools.chain(range(_start, _LAST), itertools.cycle(range(_FIRST, _LAST))) if port % _workers == _worker % _workers)


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on; each call gives another one."""
    for port in itertools.islice(_candidates, _LAST - _FIRST):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port left")
