"""Load by `wrk`, since a Python client is slower than what it would measure, and what a request costs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from sides import Process, cpu_seconds


@dataclass(frozen=True)
class Load:
    """What one run of the load found."""

    requests: int
    per_second: float
    #: Milliseconds of processor time of the server for a request.
    cpu: float
    errors: int


def run(
    url: str, processes: Callable[[], list[Process]], seconds: float, connections: int = 8, token: str = "",
    beside: Callable[[], int] | None = None,
) -> Load:  # fmt: skip
    """Asks for `url` as often as it goes. `beside` runs meanwhile and returns how many requests it made itself."""
    headers = ["-H", f"Authorization: token {token}"] if token else []
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", *headers, url]
    measured = processes()
    before = cpu_seconds(measured)
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    extra = beside() if beside else 0
    output, _ = wrk.communicate(timeout=seconds + 60)
    used = cpu_seconds(measured) - before
    requests = int(re.search(r"(\d+) requests in", output)[1])
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    if not requests:
        raise SystemExit(f"no request came through at {url}:\n{output}")
    return Load(requests, per_second, 1000 * used / (requests + extra), _errors(output))


def _errors(output: str) -> int:
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    return int(refused[1] if refused else 0) + sum(int(count) for count in (broken.groups() if broken else ()))
