"""What lists and writes cost with tens of thousands of users, and whether a page costs more than with a hundred."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import load
from crowd import Crowd
from report import Goal, Report, Row
from sides import HubSide, cpu_seconds, memory, settings
from harness.hub import ADMIN_TOKEN
from harness.ports import free_port
from harness.waiting import until

#: With how many users a page of them is compared.
FEW = 100
#: How much more than with few users a page may cost: measuring is not exact.
FLAT = 1.5
#: The default of `concurrent_spawn_limit` and its kin do not matter here; starting with this many servers takes long.
PATIENCE = 300.0

READ = Goal(80)
LIST = WRITE = Goal(40)


@dataclass(frozen=True)
class Question:
    """A request that only reads; `path` is below `hub/api/`."""

    what: str
    path: str
    goal: Goal
    as_user: bool = False


def questions(size: int) -> list[Question]:
    return [
        Question("GET /user", "user", READ, as_user=True),
        Question("GET /users?limit=50", "users?limit=50", LIST),
        Question("the same at the end", f"users?limit=50&offset={max(size - 50, 0)}", LIST),
        Question("GET /users?state=active", "users?state=active", LIST),
        Question("GET /users?name_filter=", "users?name_filter=0042", LIST),
        Question("GET /groups?limit=5", "groups?limit=5", LIST),
    ]


def measure(folder: Path, report: Report, *, size: int, running: int, seconds: float) -> None:
    port = free_port()
    answering = subprocess.Popen(
        [str(settings.PYTHON), "-I", "-S", str(settings.PROJECT / "bench" / "trivial_singleuser.py")],
        env={**os.environ, "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}/"},
    )
    crowds = [Crowd(count, min(running, count // 10), ("127.0.0.1", port)) for count in (FEW, size)]
    try:
        few, many = (_with_crowd(folder / str(crowd.size), crowd, report, seconds) for crowd in crowds)
    finally:
        answering.kill()
        answering.wait()
    for what, figures in many.items():
        mine = {name: cost for name, (cost, _) in figures.items()}
        report.rows.append(Row(f"{size:,} users, {what}: processor time", "ms", mine, next(goal for _, goal in figures.values())))
    page = "GET /users?limit=50"
    for what in (page, "the same at the end"):
        before, after = few[page]["Perijove"][0], many[what]["Perijove"][0]
        where = "the last" if what != page else "the first"
        report.checks.append((
            f"{where} page of 50 users costs {after:.3f} ms among {size:,} and {before:.3f} ms among {FEW}",
            after <= FLAT * before,
        ))  # fmt: skip


Figures = dict[str, dict[str, tuple[float, Goal]]]


def _with_crowd(folder: Path, crowd: Crowd, report: Report, seconds: float) -> Figures:
    """Both hubs with this crowd, one question after the other; milliseconds by question and side."""
    sides = [HubSide.make(kind, folder / kind) for kind in ("jupyterhub", "perijove")]
    crowd.start_processes()
    try:
        starts = {}
        for side in sides:
            print(f"  {crowd.size:,} users with {side.name}", flush=True)
            side.hub.start()
            side.hub.stop()
            crowd.fill(side.hub.database)
            starts[side.name] = side.first_answer(PATIENCE)
            _wait_for_servers(side, crowd)
        if crowd.size > FEW:
            report.rows.append(Row(f"first answer with {crowd.running:,} running servers", "s", starts))
            report.rows.append(Row(f"memory with them and {crowd.size:,} users", "MB", {side.name: memory(side.processes()) for side in sides}))
        return {**_reads(sides, crowd, seconds), **_writes(sides, crowd, seconds)}
    finally:
        for side in sides:
            side.hub.clean_up()
        crowd.stop_processes()


def _wait_for_servers(side: HubSide, crowd: Crowd) -> None:
    """Until the hub has looked at every server that it found."""

    def all_ready() -> bool:
        last = crowd.name(crowd.size - 1)
        server = side.admin().expect(200, "GET", f"users/{last}").json()["servers"].get("")
        return bool(server and server["ready"])

    until(all_ready, f"the servers of {side.name} to be found", seconds=PATIENCE, every=1)
    _settle(side)


def _settle(side: HubSide) -> None:
    """Until what the hub does on its own after a start is over."""
    used = [cpu_seconds(side.processes())]

    def is_idle() -> bool:
        used.append(cpu_seconds(side.processes()))
        return used[-1] - used[-2] < 0.05

    until(is_idle, f"{side.name} to be idle", seconds=PATIENCE, every=1)


def _reads(sides: list[HubSide], crowd: Crowd, seconds: float) -> Figures:
    found: Figures = {}
    tokens = {side.name: side.hub.token_for(crowd.name(0)) for side in sides}
    for question in questions(crowd.size):
        found[question.what] = {}
        for side in sides:
            token = tokens[side.name] if question.as_user else ADMIN_TOKEN
            url = side.url(f"hub/api/{question.path}")
            ran = load.run(url, side.processes, seconds, connections=4, token=token)
            if ran.errors:
                raise SystemExit(f"{side.name}, {question.what}: {ran.errors} errors\n{side.hub.log(40)}")
            found[question.what][side.name] = (ran.cpu, question.goal)
    return found


def _writes(sides: list[HubSide], crowd: Crowd, seconds: float) -> Figures:
    batches = itertools.count()

    def many() -> Iterator[tuple[str, object]]:
        for batch in batches:
            yield "users", {"usernames": [f"new-{batch}-{number}" for number in range(1000)]}

    def tokens() -> Iterator[tuple[str, object]]:
        for number in itertools.cycle(range(crowd.size)):
            yield f"users/{crowd.name(number)}/tokens", {"note": "bench", "expires_in": 3600}

    def activity() -> Iterator[tuple[str, object]]:
        for number in itertools.cycle(crowd.with_server):
            now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
            yield f"users/{crowd.name(number)}/activity", {"last_activity": now, "servers": {"": {"last_activity": now}}}

    kinds: list[tuple[str, Callable[[], Iterator[tuple[str, object]]]]] = [
        ("POST /users/NAME/tokens", tokens), ("POST /users/NAME/activity", activity), ("POST /users with 1,000 names", many),
    ]  # fmt: skip
    return {what: {side.name: (_posted(side, requests(), seconds), WRITE) for side in sides} for what, requests in kinds}


def _posted(side: HubSide, requests: Iterator[tuple[str, object]], seconds: float) -> float:
    """Posts one after the other; milliseconds of the hub's processor time for each."""
    connection = http.client.HTTPConnection("127.0.0.1", side.hub.port, timeout=PATIENCE)
    headers = {"Authorization": f"token {ADMIN_TOKEN}", "Content-Type": "application/json"}
    measured, count = side.processes(), 0
    before, end = cpu_seconds(measured), time.monotonic() + seconds
    while time.monotonic() < end:
        path, body = next(requests)
        connection.request("POST", f"/hub/api/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"{side.name}, POST {path}: {answer.status} {text[:500]!r}\n{side.hub.log(40)}")
        count += 1
    connection.close()
    return 1000 * (cpu_seconds(measured) - before) / count
