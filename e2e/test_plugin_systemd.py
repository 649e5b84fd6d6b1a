"""systemdspawner 1.0.2, unmodified, with a real systemd: servers are transient units."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import settings
from harness.hub import ADMIN_SERVICE
from harness.processes import folders_of, owned_by
from harness.singleuser import PROGRAM, expect_jupyter
from harness.systemd import Systemd, missing
from harness.waiting import until

pytestmark = pytest.mark.root

CONFIG = """
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "systemd"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Spawner.cmd = {command!r}
c.Spawner.mem_limit = "300M"
"""


@pytest.fixture
def start_systemd():
    """Starts it after what it is to see was made."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    made = []

    def start(shared: Path) -> Systemd:
        made.append(Systemd(shared.with_name(f"{shared.name}-systemd"), shared))
        return made[-1]

    yield start
    for systemd in made:
        systemd.stop()


@pytest.mark.parametrize("real", [False, True], ids=["stand-in", "jupyterhub-singleuser"])
def test_a_server_is_a_unit(make_hub, accounts, open_directory, start_systemd, real):
    account = accounts.add()
    program = open_directory / "trivial_singleuser.py"
    shutil.copy(settings.PROJECT / "bench" / "trivial_singleuser.py", program)
    systemd = start_systemd(open_directory)
    command = [PROGRAM] if real else [str(settings.PYTHON), "-I", "-S", str(program)]
    config = ADMIN_SERVICE + CONFIG.format(command=command)
    folder = open_directory / "hub"
    hub = make_hub(config, directory=folder, command_prefix=systemd.inside(folder)).start()
    client = hub.log_in(account.name, account.password)
    client.start_server(account.name)
    unit = f"jupyter-{account.name}-singleuser.service"
    shown = systemd.systemctl("show", unit, "--property=ActiveState,MemoryMax,NoNewPrivileges,User").splitlines()
    assert sorted(shown) == sorted(
        ["ActiveState=active", f"MemoryMax={300 * 2**20}", "NoNewPrivileges=yes", f"User={account.entry.pw_uid}"]
    )
    state = hub.admin().expect(200, "GET", f"users/{account.name}").json()["servers"][""]["state"]
    assert state == {"unit_name": unit.removesuffix(".service")}
    assert folders_of(account.entry.pw_uid) == {account.entry.pw_dir}
    assert client.get(f"user/{account.name}/api").status_code == 200
    if real:
        expect_jupyter(client, account.name)
    hub.kill()
    hub.start()
    assert client.get(f"user/{account.name}/api").status_code == 200
    assert systemd.systemctl("is-active", unit) == "active"
    client.stop_server(account.name)
    until(lambda: not owned_by(account.entry.pw_uid), "the end of everything that ran as the user")
    assert systemd.systemctl("is-active", unit) == "inactive"
