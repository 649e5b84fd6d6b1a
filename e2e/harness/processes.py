"""What the kernel says about processes (`/proc`)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .waiting import until


@dataclass(frozen=True)
class Process:
    """One process, told from a later one with the same number by its start time."""

    pid: int
    start_time: int

    @classmethod
    def of(cls, pid: int) -> Process:
        return cls(pid, _start_time(pid))

    def alive(self) -> bool:
        """False once it ended, also while it is a zombie."""
        try:
            return _start_time(self.pid) == self.start_time and _state(self.pid) not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def environ(self) -> dict[str, str]:
        """What it was started with; nothing if it has ended meanwhile."""
        try:
            raw = Path(f"/proc/{self.pid}/environ").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return {}
        return dict(item.split("=", 1) for item in raw.split("\0") if "=" in item)

    def status(self) -> dict[str, str]:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def uid(self) -> int:
        return int(self.status()["Uid"].split()[0])

    def groups(self) -> set[int]:
        return {int(group) for group in self.status()["Groups"].split()}

    def parent(self) -> int:
        return int(self.status()["PPid"])

    def cwd(self) -> str:
        return os.readlink(f"/proc/{self.pid}/cwd")

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self.alive():
            os.kill(self.pid, number)

    def wait_ended(self, seconds: float = 20.0) -> None:
        until(lambda: not self.alive(), f"the end of process {self.pid}", seconds=seconds)


def _fields(pid: int) -> list[str]:
    # The second field is the name in parentheses, which may hold blanks and parentheses itself.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _state(pid: int) -> str:
    return _fields(pid)[0]


def _start_time(pid: int) -> int:
    return int(_fields(pid)[19])


def all_processes() -> list[Process]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append(Process.of(int(entry.name)))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def _live(wanted: Callable[[Process], bool]) -> list[Process]:
    found = []
    for process in all_processes():
        try:
            if process.alive() and wanted(process):
                found.append(process)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def with_environment(name: str, value: str) -> list[Process]:
    """Live processes that were started with this variable."""
    return _live(lambda process: process.environ().get(name) == value)


def owned_by(uid: int) -> list[Process]:
    """Live processes of an account."""
    return _live(lambda process: process.uid() == uid)


def children_of(pid: int) -> list[Process]:
    """Live processes whose parent is this one."""
    return _live(lambda process: process.parent() == pid)


def folders_of(uid: int) -> set[str]:
    """The working directories of an account's processes; those that end meanwhile have none."""
    found = set()
    for process in owned_by(uid):
        try:
            found.add(process.cwd())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
