"""Options of a spawner that change its servers, for a native class and for one in Python, beside JupyterHub itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.waiting import until

OWN = """
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Mine(SimpleLocalProcessSpawner):
    pass

c.JupyterHub.spawner_class = Mine
"""
OPTIONS = """
import asyncio, json

def write(line):
    with open(os.path.join(here, "said"), "a") as log:
        log.write(line + "\\n")

GROUPS = {
    "02": {"groups": ["b", "c"], "spawner_override": {"environment": {"B": "2", "BOTH": "b"}, "mem_limit": "2G"}},
    "01": {"groups": ["a"], "spawner_override": {"environment": {"A": "1", "BOTH": "a"}, "cpu_limit": 1.5, "default_url": "/tree"}},
    "03": {"groups": ["a"], "spawner_override": {"environment": {"BOTH": None}, "args": lambda spawner: [f"--of={spawner.user.name}"]}},
    "04": {"groups": ["nobody"], "spawner_override": {"mem_limit": "1G"}},
}

async def overrides(spawner):
    await asyncio.sleep(0)
    return GROUPS

async def auth_state_hook(spawner, state):
    write(f"state {spawner.user.name} {state}")

async def apply(spawner, options):
    spawner.environment["CHOSEN"] = json.dumps(options, sort_keys=True)

async def ready(spawner, event):
    return {**event, "message": f"{spawner.user.name} is there", "html_message": "<b>there</b>"}

async def scopes(spawner):
    await asyncio.sleep(0)
    return ["read:users!user", "users:activity!user", "access:servers!user"]

def form(spawner):
    return f"<input name='of' value='{spawner.user.name}'>"

def from_form(formdata, spawner=None):
    return {"of": formdata["of"][0], "again": spawner and spawner.user.name}

c.Spawner.environment = {"PLAIN": "x", "CALLED": lambda spawner: spawner.user.name, "BOTH": "before"}
c.Spawner.group_overrides = overrides
c.Spawner.auth_state_hook = auth_state_hook
c.Spawner.apply_user_options = apply
c.Spawner.progress_ready_hook = ready
c.Spawner.server_token_scopes = scopes
c.Spawner.oauth_client_allowed_scopes = ["read:users!user"]
c.Spawner.options_form = form
c.Spawner.options_from_form = lambda formdata: from_form(formdata)
c.Spawner.post_stop_hook = lambda spawner: write(f"stopped {spawner.user.name} {spawner.orm_spawner.server}")
"""
KINDS = {"native": "", "of a dictionary": "c.Spawner.group_overrides = GROUPS\n", "own": OWN}
SHOWN = ("PLAIN", "CALLED", "BOTH", "A", "B", "CHOSEN", "MEM_LIMIT", "CPU_LIMIT", "JUPYTERHUB_DEFAULT_URL",
         "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "JUPYTERHUB_OAUTH_ACCESS_SCOPES")  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def hubs(make_both, request):
    made = make_both(DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + OPTIONS + KINDS[request.param])
    for hub in made:
        for group, users in {"a": ["ada", "bea"], "b": ["bea"]}.items():
            hub.admin().expect(201, "POST", f"groups/{group}")
            hub.admin().api("POST", "users", json={"usernames": users})
            hub.admin().expect(200, "POST", f"groups/{group}/users", json={"users": users})
    return made


def command_of(process) -> list[str]:
    return Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")


def started(hub, name: str, **options) -> tuple:
    """What a server of this person is given, and what the last event says."""
    client = hub.log_in(name)
    client.api("POST", f"users/{name}/server", json=options)
    last = list(client.progress(name))[-1]
    process = hub.server_process(name)
    environment = {variable: process.environ().get(variable) for variable in SHOWN}
    token = process.environ()["JUPYTERHUB_API_TOKEN"]
    scopes = hub.client(token).api("GET", "user").json()["scopes"]
    arguments = [argument for argument in command_of(process) if argument.startswith("--of")]
    return environment, sorted(scopes), arguments, last["message"], last["html_message"]


@pytest.mark.parametrize("name", ["ada", "bea", "cleo"])
def test_what_a_server_is_given(hubs, name):
    environment, *_ = of_both(hubs, lambda hub: started(hub, name, size=3, more=["x"]))
    assert environment["CALLED"] == name and environment["A"] == (None if name == "cleo" else "1")
    assert json.loads(environment["CHOSEN"]) == {"size": 3, "more": ["x"]}


def test_the_form(hubs):
    def submitted(hub):
        client = hub.log_in("dora")
        shown = "name='of' value='dora'" in client.get("hub/spawn").text
        client.post("hub/spawn", data={"of": "the form", "_xsrf": client.xsrf()}, allow_redirects=False)
        list(client.progress("dora"))
        return shown, json.loads(hub.server_process("dora").environ()["CHOSEN"])

    assert of_both(hubs, submitted) == (True, {"of": "the form", "again": None})


def test_around_a_stop(hubs):
    def stopped(hub):
        client = hub.log_in("ada")
        client.stop_server("ada")
        until(lambda: "stopped ada None" in (hub.directory / "said").read_text(), "post_stop_hook")
        lines = (hub.directory / "said").read_text().splitlines()
        return "state ada None" in lines

    assert of_both(hubs, stopped)
