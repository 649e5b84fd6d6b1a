"""Perijove beside JupyterHub 6.1.1 with configurable-http-proxy, with the same configuration, on this machine.

Both run at the same time and are asked in turns, so that both see the same machine. `make bench` installs what this
needs and runs it; `make bench BENCH=--quick` takes a minute.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import load
import plugins
import scale
from changes import Changes
from report import Goal, Report, Row
from sides import HubSide, NginxSide, memory

USER = "bench"
PARTS = ("scale", "plugins")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", choices=PARTS, help="only one part: many users, or plug-ins in Python")
    parser.add_argument("--results", type=Path, default=Path("target/bench"), help="folder for results.json and results.md")
    options = parser.parse_args()
    rounds, seconds = (1, 3.0) if options.quick else (3, 6.0)
    with tempfile.TemporaryDirectory(prefix="perijove-bench-") as folder:
        if options.only:
            report = Report()
            further(options.only, Path(folder), report, seconds, options.quick)
            return finish(report, options.results)
        sides = [HubSide.make(kind, Path(folder)) for kind in ("jupyterhub", "perijove")]
        try:
            report = measure(sides, Path(folder), rounds, seconds)
        finally:
            for side in sides:
                side.hub.clean_up()
        for part in PARTS:
            further(part, Path(folder), report, seconds, options.quick)
    return finish(report, options.results)


def further(part: str, folder: Path, report: Report, seconds: float, quick: bool) -> None:
    """What is measured with configurations and databases of its own."""
    if part == "scale":
        size, running = (5_000, 500) if quick else (50_000, 5_000)
        scale.measure(folder, report, size=size, running=running, seconds=seconds)
    else:
        plugins.measure(folder, report, servers=50 if quick else 200, pages=200 if quick else 1_000)


def finish(report: Report, results: Path) -> int:
    report.write(results)
    print(f"\n{report.table()}\nwritten to {results}/results.json and results.md")
    print("every goal is met" if report.passed else "NOT every goal is met")
    return 0 if report.passed else 1


def measure(sides: list[HubSide], folder: Path, rounds: int, seconds: float) -> Report:
    report = Report()
    starts(sides, report, rounds)
    idle = {side.name: memory(side.processes()) for side in sides}
    spawns(sides, report, count=3 * rounds)
    tell(sides, report, rounds, seconds)
    proxied(sides, folder, report, rounds, seconds)
    report.rows.append(Row("memory of hub and proxy, at rest", "MB", idle, Goal(8)))
    busy = {side.name: memory(side.processes()) for side in sides}
    report.rows.append(Row("memory of hub and proxy, after the load", "MB", busy, Goal(8)))
    return report


def starts(sides: list[HubSide], report: Report, rounds: int) -> None:
    """From exec to the first answer, with a database that is there; the first start, which makes it, is not counted."""
    times: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides:
            if number:
                side.hub.stop()
            progress(f"start {number} of {side.name}")
            took = side.first_answer()
            if number:
                times[side.name].append(took)
    figures = {name: statistics.median(took) for name, took in times.items()}
    report.rows.append(Row("first answer after exec", "s", figures, Goal(25)))


def spawns(sides: list[HubSide], report: Report, count: int) -> None:
    """From the request to a server that is ready, for the smallest server that there can be."""
    times: dict[str, list[float]] = {side.name: [] for side in sides}
    for side in sides:
        # This one stays, for what comes next.
        side.hub.client(side.hub.token_for(USER)).start_server(USER)
    for number in range(count):
        for side in sides:
            progress(f"spawn {number + 1} of {side.name}")
            name = f"{USER}-{number}"
            client = side.hub.client(side.hub.token_for(name))
            began = time.perf_counter()
            client.start_server(name)
            times[side.name].append(time.perf_counter() - began)
            client.stop_server(name)
    figures = {name: statistics.median(took) for name, took in times.items()}
    report.rows.append(Row("spawn to ready", "s", figures, Goal(5)))


def tell(sides: list[HubSide], report: Report, rounds: int, seconds: float) -> None:
    """`GET /hub/api/user` with a token, while another program writes to the database."""
    changes = {}
    for side in sides:
        tokens = [side.hub.token_for(USER) for _ in range(int(4 * rounds * seconds))]
        changes[side.name] = Changes(side, USER, tokens)

    def one(side: HubSide) -> load.Load:
        change = changes[side.name]
        return load.run(
            side.url("hub/api/user"), side.processes, seconds, token=change.tokens[0],
            beside=lambda: change.during(seconds - 1),
        )  # fmt: skip

    runs = alternate(sides, one, rounds, "GET /hub/api/user")
    add_load(report, "GET /hub/api/user", runs, Goal(50))
    for name, change in changes.items():
        stale = f", but not: {', '.join(sorted(set(change.stale)))}" if change.stale else ""
        what = f"{name} showed each of {change.checks} changes by another program in its next answer{stale}"
        if name == "Perijove":
            report.checks.append((what, not change.stale))
        else:
            report.notes.append(what)


def proxied(sides: list[HubSide], folder: Path, report: Report, rounds: int, seconds: float) -> None:
    """A small answer of a single-user server through the proxy."""
    url = sides[0].hub.server_process(USER).environ()["JUPYTERHUB_SERVICE_URL"]
    nginx = NginxSide(folder / "nginx", url.split("/")[2])
    try:
        runs = alternate(
            [*sides, nginx],
            lambda side: load.run(side.url(f"user/{USER}/x"), side.proxy_processes, seconds, connections=16),
            rounds,
            "proxied",
        )
    finally:
        nginx.clean_up()
    add_load(report, "proxied request", runs, Goal(6))


def alternate(sides: list, one: Callable, rounds: int, what: str) -> dict[str, list[load.Load]]:
    runs: dict[str, list[load.Load]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides:
            progress(f"{what}, round {number + 1} of {side.name}")
            runs[side.name].append(one(side))
    return runs


def add_load(report: Report, what: str, runs: dict[str, list[load.Load]], goal: Goal) -> None:
    def median(figure: Callable[[load.Load], float]) -> dict[str, float]:
        return {name: statistics.median(figure(run) for run in found) for name, found in runs.items()}

    report.rows.append(Row(f"{what}: processor time", "ms", median(lambda run: run.cpu), goal))
    report.rows.append(Row(f"{what}: requests per second", "/s", median(lambda run: run.per_second), more_is_better=True))
    for name, found in runs.items():
        errors = sum(run.errors for run in found)
        report.checks.append((f"{name}, {what}: {errors} errors in {sum(run.requests for run in found)} requests", errors == 0))


def progress(what: str) -> None:
    print(f"  {what}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
