"""A real systemd as PID 1 of namespaces of its own (`e2e/systemd.sh`). Needs root."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import settings
from .waiting import until


def missing() -> str | None:
    """Why systemd cannot run here: a container may have no right to make namespaces and to mount."""
    command = ["unshare", "--cgroup", "--mount", "--pid", "--uts", "--ipc", "--fork", "mount", "-t", "proc", "proc", "/proc"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"no namespaces for systemd here: {tried.stderr.strip()}" if tried.returncode else None


def _tools() -> list[str]:
    """What the hub needs of the folders that systemd has anew."""
    tools = (settings.PROJECT, settings.perijove_binary(), settings.PYTHON.parents[1], settings.CHP.absolute().parents[1])
    return [str(tool) for tool in tools if tool.is_relative_to("/tmp") or tool.is_relative_to("/var/tmp") or tool.is_relative_to("/run")]


class Systemd:
    """Sees the machine's files as they were when it began, and `shared` as they are. Ends with `stop`."""

    def __init__(self, folder: Path, shared: Path) -> None:
        self.folder = folder
        folder.mkdir()
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(settings.PROJECT / "e2e" / "systemd.sh"), str(folder), str(shared), *_tools()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        until(self._up, "systemd to be up")

    def _up(self) -> bool:
        assert self._process.poll() is None, f"systemd ended:\n{(self.folder / 'log').read_text()}"
        return bool(self._leader()) and self.systemctl("is-system-running") in ("running", "degraded")

    def _leader(self) -> str:
        pid = self._process.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()

    def inside(self, folder: Path) -> list[str]:
        """The beginning of a command that runs in this folder among systemd's units, and ends with its parent."""
        enter = ["nsenter", "-t", self._leader(), "-m", "-p", "-C", "-u", "-i", f"--wdns={folder}"]
        return [*enter, "setpriv", "--pdeathsig", "KILL", "--"]

    def systemctl(self, *args: str) -> str:
        command = [*self.inside(Path("/")), "systemctl", *args]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def stop(self) -> None:
        leader = self._leader()
        self._process.kill()
        self._process.wait(20)
        # The kernel ends everything in the namespaces with their first process.
        if leader:
            until(lambda: not Path(f"/proc/{leader}").exists(), "the end of systemd")
        groups = [group for group in Path("/sys/fs/cgroup").glob(f"**/{self.folder.name}") if group.is_dir()]
        for group in groups:
            subprocess.run(["find", str(group), "-depth", "-type", "d", "-exec", "rmdir", "{}", "+"], check=False)
        shutil.rmtree(self.folder)
