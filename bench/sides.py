"""The servers that are compared, each with the same configuration, and what the kernel says they use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from harness import settings  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS, Hub  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.processes import Process, with_environment  # noqa: E402
from harness.waiting import until  # noqa: E402

CONFIG = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
daemon off;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream server {{ server {target}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} reuseport;
    keepalive_requests 1000000000;
    location / {{
      proxy_pass http://server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""


def cpu_seconds(processes: list[Process]) -> float:
    """Time on a processor, of these and of their children that have ended."""
    ticks = 0
    for process in processes:
        try:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            # It has ended, and is one of those children.
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def memory(processes: list[Process]) -> float:
    """Proportional set size in MB: what is shared between them counts once."""
    kilobytes = 0
    for process in processes:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


@dataclass
class HubSide:
    """JupyterHub with its proxy, or Perijove."""

    name: str
    hub: Hub

    @classmethod
    def make(cls, kind: str, folder: Path, config: str = CONFIG) -> HubSide:
        return cls("JupyterHub" if kind == "jupyterhub" else "Perijove", Hub(folder / kind, config, kind=kind))

    def first_answer(self, patience: float = 120) -> float:
        """Starts it, and returns how long after exec the public port answered for the hub."""
        # `Popen` returns when exec has succeeded.
        self.hub.launch()
        began = time.perf_counter()
        while not self._answers_once():
            if self.hub.process.poll() is not None:
                raise SystemExit(f"{self.name} ended:\n{self.hub.log(40)}")
            if time.perf_counter() - began > patience:
                raise SystemExit(f"{self.name} does not answer:\n{self.hub.log(40)}")
            time.sleep(0.002)
        return time.perf_counter() - began

    def _answers_once(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.hub.port), timeout=2) as connection:
                connection.sendall(b"GET /hub/api/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def processes(self) -> list[Process]:
        """Hub, proxy and workers, without people's servers."""
        return [p for p in with_environment("PERIJOVE_E2E_HUB", self.hub.marker) if "JUPYTERHUB_USER" not in p.environ()]

    def proxy_processes(self) -> list[Process]:
        """Those that carry a proxied request: for Perijove all of it, for JupyterHub its proxy alone."""
        if self.name == "Perijove":
            return self.processes()
        return [p for p in self.processes() if p.pid != self.hub.process.pid]

    def url(self, path: str) -> str:
        return self.hub.url + path

    def admin(self) -> Client:
        return self.hub.admin()


class NginxSide:
    """nginx in front of the same single-user server, for scale."""

    name = "nginx"

    def __init__(self, folder: Path, target: str) -> None:
        self.port = free_port()
        folder.mkdir()
        file = folder / "nginx.conf"
        file.write_text(NGINX.format(folder=folder, target=target, port=self.port))
        self.process = subprocess.Popen(["nginx", "-c", str(file)], stderr=subprocess.DEVNULL)
        until(self._listens, "nginx to listen")

    def _listens(self) -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def proxy_processes(self) -> list[Process]:
        master = Process.of(self.process.pid)
        children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
        return [master, *(Process.of(int(pid)) for pid in children)]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def clean_up(self) -> None:
        self.process.terminate()
        self.process.wait(20)


__all__ = ["CONFIG", "HubSide", "NginxSide", "Process", "cpu_seconds", "memory", "settings"]
