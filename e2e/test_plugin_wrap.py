"""wrapspawner 1.0.1, unmodified: users choose the spawner of their server."""

from __future__ import annotations

import re

import pytest
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.processes import Process
from harness.singleuser import PROGRAM, expect_jupyter

CONFIG = (
    DUMMY_LOGIN
    + TRIVIAL_SERVERS
    + ADMIN_SERVICE
    + """
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Marked(SimpleLocalProcessSpawner):
    def get_env(self):
        return {**super().get_env(), "CHOSEN": "marked"}

home = {"home_dir_template": os.path.join(here, "homes", "{username}")}
c.JupyterHub.spawner_class = "wrapspawner.ProfilesSpawner"
c.ProfilesSpawner.profiles = [
    ("A plain server", "plain", SimpleLocalProcessSpawner, {**home, "environment": {"CHOSEN": "plain"}}),
    ("A marked server", "marked", Marked, home),
]
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""
)


@pytest.fixture(scope="module")
def hub(make_module_hub):
    return make_module_hub(CONFIG).start()


def server(hub, name: str) -> Process:
    state = hub.admin().expect(200, "GET", f"users/{name}").json()["servers"][""]["state"]
    return Process.of(state["child_state"]["pid"])


@pytest.mark.parametrize("choice", ["plain", "marked"])
def test_the_spawner_that_was_chosen(hub, choice):
    client = hub.log_in(choice)
    page = client.get(f"hub/spawn/{choice}").text
    assert re.findall(r'<option value="(\w+)"', page) == ["plain", "marked"]
    form = {"profile": choice, "_xsrf": client.xsrf("hub/spawn")}
    answer = client.post(f"hub/spawn/{choice}", data=form, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    assert list(client.progress(choice))[-1].get("ready")
    assert client.get(f"user/{choice}/api").status_code == 200
    process = server(hub, choice)
    assert process.environ()["CHOSEN"] == choice
    # The choice is in the state: the next hub finds the server again.
    hub.kill()
    hub.start()
    assert client.get(f"user/{choice}/api").status_code == 200
    hub.admin().stop_server(choice)
    process.wait_ended()
    assert hub.admin().expect(200, "GET", f"users/{choice}").json()["servers"] == {}


def test_a_real_server(make_hub):
    hub = make_hub(CONFIG + f"c.Spawner.cmd = {[PROGRAM, '--allow-root']}\n").start()
    client = hub.log_in("real")
    client.start_server("real", profile="marked")
    expect_jupyter(client, "real")
    assert server(hub, "real").environ()["CHOSEN"] == "marked"
    hub.admin().stop_server("real")
