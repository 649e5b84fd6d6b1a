"""Port numbers that no other test of this run uses, nor another run beside it."""

from __future__ import annotations

import itertools
import os
import socket

# Below the range from which the kernel takes the ports of outgoing connections.
_FIRST, _LAST, _SHARE = 12_000, 32_000, 100
_start = _FIRST + os.getpid() * _SHARE % (_LAST - _FIRST)
_candidates = itertools.chain(range(_start, _LAST), itertools.cycle(range(_FIRST, _LAST)))


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
