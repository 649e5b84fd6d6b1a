"""`make run`, the first command of a newcomer: a password, a server of one's own, and nothing left after Ctrl-C."""

from __future__ import annotations

import os
import pwd
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from harness import settings
from harness.client import Client
from harness.ports import free_port
from harness.processes import Process, with_environment
from harness.waiting import until

pytestmark = pytest.mark.perijove


@dataclass
class Run:
    """`make run` with a state folder and a port of its own, and with the binary and the environment that are here."""

    state: Path
    log: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Returns how long after its start it answered."""
        environ = os.environ | {
            "PERIJOVE_STATE": str(self.state), "PERIJOVE_BINARY": str(settings.perijove_binary()),
            "PERIJOVE_VENV": str(settings.PYTHON.parents[1]), "PORT": str(self.port),
        }  # fmt: skip
        began = time.monotonic()
        with self.log.open("ab") as log:
            # A group of its own, as a shell makes one: Ctrl-C goes to all of it.
            self.process = subprocess.Popen(
                ["make", "run"], cwd=settings.PROJECT, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(self.answers, "the hub to answer", seconds=60)
        return time.monotonic() - began

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/hub/api/", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(30)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def children(self) -> list[Process]:
        """What it started and what these started: the binary keeps the state folder in its environment."""
        return with_environment("PERIJOVE_STATE", str(self.state)) + self.servers()

    def servers(self) -> list[Process]:
        return with_environment("JUPYTERHUB_API_URL", f"http://127.0.0.1:{self.port + 81}/hub/api")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "state", tmp_path / "log", free_port())
    yield run
    for process in run.children():
        process.kill()


def test_a_newcomer_gets_a_password_and_a_server_and_ctrl_c_leaves_nothing(run):
    run.start()
    said = run.said()
    user = re.search(r"^\s*User\s+(\S+)", said, re.MULTILINE)[1]
    password = re.search(r"^\s*Password\s+(\S+)", said, re.MULTILINE)[1]
    me = pwd.getpwuid(os.getuid())
    assert user == me.pw_name and len(password) >= 32
    assert f"http://127.0.0.1:{run.port}/" in said
    # The next step, as whole commands.
    assert "--Authenticator.allow_all=True" in said and "install -d -m 0700" in said

    assert stat.S_IMODE(run.state.stat().st_mode) == 0o700
    for file in ("perijove.toml", "perijove.sqlite", "cookie_secret"):
        assert stat.S_IMODE((run.state / file).stat().st_mode) & 0o077 == 0, file

    client = Client(f"http://127.0.0.1:{run.port}/")
    client.log_in(user, "", expect=403)
    client.log_in("somebody-else", password, expect=403)
    client.log_in(user, password)
    assert client.user()["admin"] is True
    client.start_server(user)
    servers = run.servers()
    assert servers and servers[0].environ()["HOME"] == me.pw_dir and servers[0].uid() == me.pw_uid

    run.interrupt()
    until(lambda: run.children() == [], "everything that it started to be gone", seconds=20)


def test_the_second_run_is_quick_and_keeps_everything(run):
    run.start()
    password = re.search(r"^\s*Password\s+(\S+)", run.said(), re.MULTILINE)[1]
    user = pwd.getpwuid(os.getuid()).pw_name
    client = Client(f"http://127.0.0.1:{run.port}/")
    client.log_in(user, password)
    run.interrupt()
    run.log.write_bytes(b"")
    # A second for the hub; the rest is for `make` and the shell on a machine that does other things too.
    assert run.start() < 3
    assert password in run.said(), "the second run made another password"
    assert client.user()["name"] == user, "the session is gone"
    run.interrupt()


def test_a_port_that_is_taken_is_told_with_a_way_out(run):
    run.start()
    second = subprocess.run(
        ["make", "run", f"PORT={run.port}"], cwd=settings.PROJECT, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PERIJOVE_STATE": str(run.state), "PERIJOVE_BINARY": str(settings.perijove_binary())},
    )  # fmt: skip
    assert second.returncode != 0
    assert f"port {run.port}" in second.stderr and "make run PORT=" in second.stderr
    run.interrupt()
