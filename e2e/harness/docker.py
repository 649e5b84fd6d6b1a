"""A real dockerd with a bridge of its own, and an image that is made here. Needs root."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tarfile
from pathlib import Path

from .waiting import until

_BRIDGE = "pje2e0"


def missing() -> str | None:
    """Why dockerd cannot run here: a container may have no right to make bridges."""
    # A run that was killed has left its own.
    _ip("link", "delete", _BRIDGE)
    tried = _ip("link", "add", _BRIDGE, "type", "bridge")
    _ip("link", "delete", _BRIDGE)
    return f"no bridge for Docker here: {tried.stderr.strip()}" if tried.returncode else None


class Docker:
    """Ends with `stop`. `address` is this machine's on the bridge; nothing of its firewall is touched."""

    address = "10.213.71.1"
    image = "perijove-e2e"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.url = f"unix://{folder / 'socket'}"
        for change in (("link", "add", _BRIDGE, "type", "bridge"), ("address", "add", f"{self.address}/24", "dev", _BRIDGE),
                       ("link", "set", _BRIDGE, "up")):  # fmt: skip
            _ip(*change).check_returncode()
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["dockerd", f"--data-root={folder / 'data'}", f"--exec-root={folder / 'exec'}", f"--pidfile={folder / 'pid'}",
                 f"--host={self.url}", f"--bridge={_BRIDGE}", "--iptables=false", "--ip6tables=false", "--ip-masq=false"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        until(self._up, "dockerd to answer")
        self._make_image()

    def _up(self) -> bool:
        assert self._process.poll() is None, f"dockerd ended:\n{(self.folder / 'log').read_text()}"
        return self._docker("info").returncode == 0

    def _docker(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["docker", f"--host={self.url}", *args], capture_output=True, text=True, check=False)

    def _make_image(self) -> None:
        """Empty but for a folder to write to and the links into `/usr`, which is the machine's own in the container."""
        archive = self.folder / "image.tar"
        with tarfile.open(archive, "w") as tar:
            for name in ("bin", "lib", "lib64"):
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
                tar.addfile(link)
            folder = tarfile.TarInfo("tmp")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(folder)
        made = self._docker("import", str(archive), self.image)
        assert made.returncode == 0, made.stderr

    def containers(self) -> list[str]:
        """Names and states of the containers that are there."""
        return self._docker("ps", "--all", "--format", "{{.Names}} {{.State}}").stdout.splitlines()

    def stop(self) -> None:
        for container in self._docker("ps", "--quiet").stdout.split():
            self._docker("kill", container)
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        _ip("link", "delete", _BRIDGE)
        shutil.rmtree(self.folder)


def _ip(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *args], capture_output=True, text=True, check=False)
