"""What Python costs where a configuration needs it: calls of functions, and servers of a spawner in Python."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from report import Goal, Report, Row
from sides import CONFIG, HubSide, cpu_seconds

from harness.waiting import until

SPAWNER = """
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Own(SimpleLocalProcessSpawner):
    pass

c.JupyterHub.spawner_class = Own
c.JupyterHub.concurrent_spawn_limit = 0
"""
#: The same, asked each second whether its servers run. It counts how often.
POLLED = (
    SPAWNER
    + """
import os
counter = os.open(os.path.join(here, "polls"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)

async def poll(self):
    os.write(counter, b".")
    return await SimpleLocalProcessSpawner.poll(self)

Own.poll = poll
c.Spawner.poll_interval = 1
"""
)
#: For how many rounds of polls they are watched.
ROUNDS = 10
#: How much of the time that the rounds are due in they may take more.
SLACK = 1.2
FORM = "c.Spawner.options_form = {form}\n"
#: Milliseconds that a call may take.
CALL = 1.0


def measure(folder: Path, report: Report, *, servers: int, pages: int) -> None:
    _calls(folder / "calls", report, pages)
    sides = [HubSide.make(kind, folder / kind, CONFIG + SPAWNER) for kind in ("jupyterhub", "perijove")]
    try:
        walls, costs = {}, {}
        for side in sides:
            print(f"  {servers} servers at once of a spawner in Python with {side.name}", flush=True)
            side.hub.start()
            walls[side.name], costs[side.name] = _start(side, servers)
    finally:
        for side in sides:
            side.hub.clean_up()
    report.rows.append(Row(f"{servers} servers at once, spawner in Python", "s", walls, Goal(1)))
    report.rows.append(Row("the same: processor time of hub and workers", "s", costs, Goal(1)))
    _polls(folder / "polls", report, servers)


def _polls(folder: Path, report: Report, servers: int) -> None:
    """Servers that are polled each second: what that costs, and whether the hub keeps up."""
    costs = {}
    for kind in ("jupyterhub", "perijove"):
        side = HubSide.make(kind, folder / kind, CONFIG + POLLED)
        print(f"  polls of {servers} servers of a spawner in Python with {side.name}", flush=True)
        try:
            side.hub.start()
            _start(side, servers)
            counter, due = side.hub.directory / "polls", ROUNDS * servers
            first, before, began = counter.stat().st_size, cpu_seconds(side.processes()), time.perf_counter()
            until(lambda: counter.stat().st_size - first >= due, "the polls", seconds=10 * ROUNDS)  # noqa: B023
            wall = time.perf_counter() - began
            costs[side.name] = 1000 * (cpu_seconds(side.processes()) - before) / due
        finally:
            side.hub.clean_up()
        if kind == "perijove":
            late = f"{ROUNDS} polls of {servers} servers, one a second, take {wall:.1f} s"
            report.checks.append((late, wall < SLACK * ROUNDS))
    # No goal: JupyterHub asks an object of its own process, where here another process is asked.
    report.rows.append(Row("a poll of a server, spawner in Python: processor time", "ms", costs))


def _start(side: HubSide, servers: int) -> tuple[float, float]:
    """Seconds until all are ready, and of processor time; what the servers use themselves does not count."""
    names = [f"many-{number:03}" for number in range(servers)]
    side.admin().expect(201, "POST", "users", json={"usernames": ["first", *names]})
    # Python is imported with the first.
    side.admin().start_server("first")
    before, began = cpu_seconds(side.processes()), time.perf_counter()
    with ThreadPoolExecutor(servers) as pool:
        list(pool.map(lambda name: side.hub.admin().start_server(name), names))
    wall = time.perf_counter() - began
    return wall, cpu_seconds(side.processes()) - before


def _calls(folder: Path, report: Report, pages: int) -> None:
    """A page whose form is a function's, and the same page with a plain form."""
    seconds = {}
    for what, form in (("plain", "'<b>form</b>'"), ("function", "lambda spawner: '<b>form</b>'")):
        side = HubSide.make("perijove", folder / what, CONFIG + FORM.format(form=form))
        try:
            side.hub.start()
            if what == "plain":
                alone = [process.pid for process in side.processes()] == [side.hub.process.pid]
                report.checks.append(("a hub whose configuration is plain has no Python process", alone))
            client = side.hub.log_in("ada")
            client.get("hub/spawn/ada")
            times = []
            for _ in range(pages):
                began = time.perf_counter()
                assert "<b>form</b>" in client.get("hub/spawn/ada").text
                times.append(time.perf_counter() - began)
            seconds[what] = statistics.median(times)
        finally:
            side.hub.clean_up()
    call = 1000 * (seconds["function"] - seconds["plain"])
    report.checks.append((f"a call of a function in Python takes {call:.2f} ms", call < CALL))
