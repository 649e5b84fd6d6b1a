"""The whole contract of `Spawner` and `Authenticator`, found by looking at JupyterHub's classes: each public method is called
when JupyterHub calls it, each trait has the value that JupyterHub gives it, and what differs is in the documentation."""

from __future__ import annotations

import json

import pytest
from harness import settings
from harness.both import of_both
from harness.hub import ADMIN_SERVICE, TRIVIAL_SERVERS
from harness.waiting import until
from jupyterhub.auth import Authenticator, DummyAuthenticator
from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner
from traitlets.config import LoggingConfigurable

DOCUMENT = settings.PROJECT / "docs" / "python-plugins.md"

#: Classes that write down which of their methods are called, and what their traits are when a server starts.
TOLD = """
import functools, json, traitlets
from jupyterhub.auth import DummyAuthenticator
from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets.config import LoggingConfigurable

# A subclass that has these takes part in what replaced them.
OLD = {"check_whitelist", "check_blacklist", "check_group_whitelist"}

def write(file, line):
    with open(os.path.join(here, file), "a") as log:
        log.write(line + "\\n")

def telling(base):
    def record(name):
        @functools.wraps(getattr(base, name))
        def told(self, *args, **kwargs):
            write("called", f"{base.__name__}.{name}")
            return getattr(base, name)(self, *args, **kwargs)
        return told
    names = {name for name in dir(base) if not name.startswith("_")} - set(dir(LoggingConfigurable)) - OLD
    return type("Told" + base.__name__, (base,), {name: record(name) for name in names if callable(getattr(base, name))})

def shown(value):
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [shown(one) for one in (value if isinstance(value, (list, tuple)) else sorted(value, key=str))]
    if isinstance(value, dict):
        return {str(key): shown(value[key]) for key in sorted(value, key=str)}
    return "a " + (type(value).__name__ if not callable(value) else "function")

def traits(instance):
    found = {}
    for name in instance.trait_names():
        if not name.startswith("_") and name not in ("config", "parent", "log"):
            found[name] = shown(getattr(instance, name))
    return json.dumps(found)

class Mine(telling(SimpleLocalProcessSpawner)):
    async def start(self):
        self.add_poll_callback(lambda: write("called", "what waits for the end"))
        write("traits", traits(self))
        request = self.handler.request
        write("asked", json.dumps({
            "path": request.path, "method": request.method, "query": {name: str(values) for name, values in request.query_arguments.items()},
            "fields": sorted(set(request.body_arguments) - {"_xsrf"}), "body": bool(request.body), "size": self.handler.get_argument("size", ""),
            "user": self.handler.current_user.name, "address": request.remote_ip, "content": request.headers.get("Content-Type", ""),
        }))
        where = await super().start()
        write("environment", json.dumps({**self.get_env(), "arguments": self.get_args()}))
        return where

    async def stop(self, now=False):
        write("stopping", json.dumps([self.handler is None, now, self.pending, self.server.base_url]))
        await super().stop(now=now)

    async def progress(self):
        write("called", "SimpleLocalProcessSpawner.progress")
        yield {"progress": 50, "message": "half"}

class Who(telling(DummyAuthenticator)):
    async def authenticate(self, handler, data):
        if data["username"] == "ada":
            write("authenticator", traits(self))
        return await super().authenticate(handler, data)

c.JupyterHub.spawner_class = Mine
c.JupyterHub.authenticator_class = Who
c.DummyAuthenticator.password = "a shared secret"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"admin"}
c.Authenticator.auth_refresh_age = 1
c.Authenticator.enable_auth_state = True
c.JupyterHub.allow_named_servers = True
c.Spawner.poll_interval = 1
c.Spawner.options_form = "<input name='size'>"
c.Spawner.pre_spawn_hook = lambda spawner: None
c.Spawner.oauth_roles = ["user"]
"""
CONFIG = TRIVIAL_SERVERS + ADMIN_SERVICE + TOLD
ENVIRONMENT = {"JUPYTERHUB_CRYPT_KEY": "8f1b" * 16}

#: What only one of the two calls: the hub itself polls, and runs `progress` once for each start, whoever looks.
DIFFERENT = {"add_poll_callback", "poll_and_notify", "start_polling", "stop_polling", "progress"}
#: What nobody calls here: only `internal_ssl` needs them (test_internal_tls.py), or the class itself.
UNUSED = {"create_certs", "move_certs"}
#: Values that are a matter of the run, or of how a session and a handler are made.
OF_THE_RUN = {
    "api_token", "port", "pid", "cmd", "home_dir", "home_dir_template", "proc", "db", "handler",
    "JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_URL", "PATH", "HOME",
}  # fmt: skip


@pytest.fixture(scope="module")
def hubs(make_both):
    made = make_both(CONFIG, env=ENVIRONMENT)
    for hub in made:
        use(hub)
    return made


def written(hub, file: str) -> list[str]:
    path = hub.directory / file
    return path.read_text().splitlines() if path.exists() else []


def called(hub) -> set[str]:
    return set(written(hub, "called"))


def again(hub, method: str):
    """Waits until a method is called once more."""
    before = written(hub, "called").count(method)
    until(lambda: written(hub, "called").count(method) > before, f"{method} in {hub.kind}")


def use(hub) -> None:
    """Everything that people and programs do."""
    admin = hub.admin()
    assert hub.client().get("hub/login").status_code == 200
    hub.client().log_in("ada", "wrong", expect=403)
    client = hub.log_in("ada")
    assert "size" in client.get("hub/spawn").text
    form = {"size": "7", "_xsrf": client.xsrf()}
    client.post("hub/spawn", data=form, allow_redirects=False)
    assert list(client.progress("ada"))[-1]["ready"]
    again(hub, "SimpleLocalProcessSpawner.poll")
    until(lambda: client.get("hub/home") and "DummyAuthenticator.refresh_user" in called(hub), "a refresh")
    client.stop_server("ada")
    until(lambda: not client.user()["servers"], "the stop")
    client.start_server("ada", size=8)
    admin.expect(201, "POST", "users/bea")
    client.start_server("ada", "lab")
    again(hub, "SimpleLocalProcessSpawner.poll")
    client.stop_server("ada", "lab")
    until(lambda: "lab" not in client.user()["servers"], "the stop")
    admin.expect(204, "DELETE", "users/ada/servers/lab", json={"remove": True})
    client.stop_server("ada")
    until(lambda: not client.user()["servers"], "the stop")
    client.get("hub/spawn/ada?size=9", allow_redirects=False)
    until(lambda: "SimpleLocalProcessSpawner.options_from_query" in called(hub), "a start by query")
    until(lambda: client.user()["servers"].get("", {}).get("ready"), "the server")
    hub.server_process("ada").kill()
    until(lambda: "what waits for the end" in called(hub), "the end to be noticed")
    admin.expect(200, "PATCH", "users/bea", json={"name": "cleo"})
    admin.expect(204, "DELETE", "users/cleo")
    client.get("hub/logout", allow_redirects=False)


def test_methods(hubs):
    theirs, ours = (called(hub) for hub in hubs)
    differ = {f"SimpleLocalProcessSpawner.{name}" for name in DIFFERENT}
    assert theirs - differ == ours - differ


def public(kind: type) -> set[str]:
    """What plug-ins may call or override."""
    names = {name for name in dir(kind) if not name.startswith("_") and name not in dir(LoggingConfigurable)}
    return {name for name in names if callable(getattr(kind, name)) and name not in kind.class_traits()}


@pytest.mark.parametrize(("base", "kind"), [(Spawner, SimpleLocalProcessSpawner), (Authenticator, DummyAuthenticator)])
def test_no_method_is_forgotten(hubs, base, kind):
    """A method that this test does not see called is one of those that the documentation speaks of."""
    document = DOCUMENT.read_text()
    seen = {name.partition(".")[2] for name in called(hubs[1]) if name.startswith(kind.__name__)}
    forgotten = sorted(name for name in public(base) - seen if f"`{name}`" not in document)
    assert not forgotten, f"of {base.__name__}, neither called nor in {DOCUMENT.name}"
    assert UNUSED & seen == set()


def comparable(hub, file: str, line: int) -> dict:
    """What was written down, without what differs from run to run, and without the form's `_xsrf`, which JupyterHub keeps."""
    text = written(hub, file)[line].replace(str(hub.directory), "HERE")
    for number, name in ((hub.port, "PORT"), (hub.hub_port, "HUB_PORT"), (hub.api_port, "API_PORT")):
        text = text.replace(str(number), name)
    found = {name: value for name, value in json.loads(text).items() if name not in OF_THE_RUN}
    found.get("user_options", {}).pop("_xsrf", None)
    return found


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_servers_that_start(hubs, start):
    """A start by the page, by the API, of a named server, and by the page's address."""
    shown = of_both(hubs, lambda hub: comparable(hub, "traits", start))
    traits = {name for name in Spawner.class_trait_names() if not name.startswith("_")}
    assert traits - OF_THE_RUN - {"config", "parent", "log", "env"} <= set(shown)
    of_both(hubs, lambda hub: comparable(hub, "environment", start))


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_the_request_that_asks_for_a_server(hubs, start):
    asked = of_both(hubs, lambda hub: comparable(hub, "asked", start))
    assert asked["user"] == "ada"


def test_servers_that_stop(hubs):
    """The request that asked for the server is over."""
    stops = of_both(hubs, lambda hub: written(hub, "stopping"))
    assert len(stops) >= 3


def test_traits_of_an_authenticator_at_a_login(hubs):
    of_both(hubs, lambda hub: comparable(hub, "authenticator", 0))
