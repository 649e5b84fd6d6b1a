"""A hub under test: Perijove, or JupyterHub for comparison, with a folder and ports of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import requests

from . import settings
from .client import Client
from .ports import free_port
from .processes import Process, with_environment
from .waiting import until

#: Any name with this password; "admin" is an administrator.
DUMMY_LOGIN = """
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "a shared secret"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"admin"}
"""
DUMMY_PASSWORD = "a shared secret"

#: Servers that answer at once and do nothing, for tests of the hub alone.
TRIVIAL_SERVERS = f"""
import sys
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(here, "homes", "{{username}}")
c.Spawner.cmd = [{str(settings.PYTHON)!r}, "-I", "-S", {str(settings.PROJECT / "bench" / "trivial_singleuser.py")!r}]
"""

#: The real jupyterhub-singleuser with JupyterLab.
LAB_SERVERS = """
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(here, "homes", "{username}")
c.Spawner.default_url = "/lab"
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""

#: A service with every right, for set-up and for looking inside.
ADMIN_TOKEN = "admin-token-of-the-end-to-end-tests"
ADMIN_SERVICE = f"""
c.JupyterHub.services = [{{"name": "e2e", "api_token": "{ADMIN_TOKEN}", "admin": True}}]
"""

_PREAMBLE = """
import os
c = get_config()
here, port = {here!r}, {port}
c.JupyterHub.bind_url = {bind_url!r}
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
"""


@dataclass
class Hub:
    """Start it, stop it, kill it, ask it. Its folder holds the configuration, the database, the secret and the log."""

    directory: Path
    config: str = ""
    kind: str = settings.SERVER
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    base_url: str = "/"
    #: The name in the public URL; it listens on 127.0.0.1 only. Names below `localhost` are known here.
    host: str = "127.0.0.1"
    scheme: str = "http"
    config_name: str = "jupyterhub_config.py"
    #: Starts the hub as another system account, by a prefix such as `setpriv --reuid …`.
    command_prefix: list[str] = field(default_factory=list)
    #: Whether the hub's output goes through a pipe that closes when the hub is killed, as a terminal would.
    piped: bool = False
    port: int = 0
    hub_port: int = 0
    api_port: int = 0
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _pipe: BreakablePipe | None = None

    def __post_init__(self) -> None:
        self.port, self.hub_port, self.api_port = (p or free_port() for p in (self.port, self.hub_port, self.api_port))
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "homes").mkdir(exist_ok=True)

    # -- where things are

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The public base URL, with the trailing slash."""
        return self.origin + self.base_url

    @property
    def log_file(self) -> Path:
        return self.directory / "hub.log"

    @property
    def database(self) -> Path:
        return self.directory / "jupyterhub.sqlite"

    def log(self, lines: int = 0) -> str:
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return "\n".join(text.splitlines()[-lines:]) if lines else text

    def logged(self, *words: str) -> None:
        """Waits until each of `words` is in the log: what a worker or a server says gets there when it
        gets there, which can be after the answer to the request that made it speak."""
        for word in words:
            until(lambda: word in self.log(), f"{word!r} in the log of {self.kind}")

    def preamble(self) -> str:
        return _PREAMBLE.format(
            here=str(self.directory), port=self.port, bind_url=f"{self.scheme}://127.0.0.1:{self.port}{self.base_url}", hub_port=self.hub_port, api_port=self.api_port
        )

    def write_config(self) -> None:
        if self.config_name.endswith(".py"):
            (self.directory / self.config_name).write_text(self.preamble() + self.config)
        elif self.config_name:
            (self.directory / self.config_name).write_text(self.config)

    def environment(self) -> dict[str, str]:
        kept = ("HOME", "LANG", "USER", "LOGNAME", "TMPDIR", "RUST_BACKTRACE", "LD_LIBRARY_PATH")
        environ = {name: os.environ[name] for name in kept if name in os.environ}
        # The marker finds what a hub left behind; CHP inherits it, servers are found by the hub's port.
        return environ | {"PATH": settings.search_path(), "PERIJOVE_E2E_HUB": self.marker} | self.env

    @property
    def marker(self) -> str:
        return f"{self.directory}:{self.port}"

    def command(self, *args: str) -> list[str]:
        config = ["-f", self.config_name] if self.config_name else []
        return [*self.command_prefix, *settings.command(self.kind), *config, *self.args, *args]

    # -- life

    def launch(self) -> Hub:
        """Starts the process and does not wait."""
        self.write_config()
        self.starts += 1
        with self.log_file.open("a") as log:
            log.write(f"---- start {self.starts} of {self.kind}\n")
        output = self._output()
        self.process = subprocess.Popen(
            self.command(), cwd=self.directory, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        os.close(output)
        return self

    def _output(self) -> int:
        if not self.piped:
            return os.open(self.log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._pipe = BreakablePipe(self.log_file)
        return self._pipe.write_end

    def start(self, seconds: float = 90.0) -> Hub:
        """Starts it and returns when the public port answers for the hub."""
        return self.launch().wait_ready(seconds)

    def wait_ready(self, seconds: float = 90.0) -> Hub:
        until(self.answers, f"{self.kind} to answer on {self.url}", seconds=seconds)
        return self

    def answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.kind} ended with status {self.process.returncode}:\n{self.log(60)}")
        try:
            answer = self.client().get("hub/api/", timeout=5)
        except requests.RequestException:
            return False
        return answer.status_code == 200

    def run_to_the_end(self, *args: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Runs the command with these arguments, as for `token NAME`, and returns what it said."""
        self.write_config()
        return subprocess.run(
            [*self.command_prefix, *settings.command(self.kind), *args], cwd=self.directory, env=self.environment(),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def stop(self, number: int = signal.SIGTERM, seconds: float = 40.0) -> int:
        """Asks it to end, as an administrator would, and returns its status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.kind} did not end within {seconds} s of signal {number}:\n{self.log(40)}") from None

    def kill(self) -> None:
        """`kill -9`, and with it the end of the terminal it wrote to."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)
        if self._pipe is not None:
            self._pipe.break_off()
            self._pipe = None

    def restart(self) -> Hub:
        self.stop()
        return self.start()

    def clean_up(self) -> None:
        """Ends everything that this hub started, whatever state the test left it in."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except AssertionError:
                self.process.kill()
                self.process.wait(20)
        for process in self.leftovers():
            process.kill()

    def leftovers(self) -> list[Process]:
        """Servers, kernels and proxies that this hub started and that still live."""
        told = f"http://127.0.0.1:{self.hub_port}{self.base_url}hub/api"
        return with_environment("JUPYTERHUB_API_URL", told) + with_environment("PERIJOVE_E2E_HUB", self.marker)

    # -- clients

    def client(self, token: str | None = None) -> Client:
        return Client(self.url, token=token)

    def admin(self) -> Client:
        """A client with the token of the service in `ADMIN_SERVICE`."""
        return self.client(ADMIN_TOKEN)

    def log_in(self, name: str, password: str = DUMMY_PASSWORD) -> Client:
        client = self.client()
        client.log_in(name, password)
        return client

    def token_for(self, name: str) -> str:
        """A new token with all rights of a user; makes the user if need be. Needs `ADMIN_SERVICE`."""
        admin = self.admin()
        if admin.api("GET", f"users/{name}").status_code == 404:
            admin.expect(201, "POST", f"users/{name}")
        return admin.expect(201, "POST", f"users/{name}/tokens", json={}).json()["token"]

    def server_process(self, user: str, server: str = "") -> Process:
        """The process of a running server, from the state that the hub keeps of it."""
        servers = self.admin().expect(200, "GET", f"users/{user}").json()["servers"]
        return Process.of(servers[server]["state"]["pid"])


class BreakablePipe:
    """A pipe into a file whose reading end can be closed while writers live, as when a terminal goes away."""

    def __init__(self, file: Path) -> None:
        self._read_end, self.write_end = os.pipe()
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._copy, args=(file,), daemon=True)
        self._thread.start()

    def _copy(self, file: Path) -> None:
        with file.open("ab") as sink:
            while True:
                ready, _, _ = select.select([self._read_end, self._stop_read], [], [])
                if self._read_end in ready:
                    chunk = os.read(self._read_end, 65536)
                    sink.write(chunk)
                    sink.flush()
                    if chunk:
                        continue
                break
        os.close(self._read_end)

    def break_off(self) -> None:
        """From now on a write to the pipe is an error for whoever still holds it."""
        os.close(self._stop_write)
        self._thread.join(10)
        os.close(self._stop_read)
