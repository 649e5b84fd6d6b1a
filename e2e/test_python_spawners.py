"""Spawner classes that only Python has, unchanged: subclasses in the configuration, and JupyterHub's own test doubles."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS
from harness.processes import Process, children_of
from harness.waiting import until

BASIS = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.allow_named_servers = True\n"

#: Writes down what is called, and leaves the rest to its base class.
OWN = BASIS + """
import asyncio, json
from jupyterhub.spawner import SimpleLocalProcessSpawner, SpawnException
from tornado import web
from traitlets import Unicode, default

class Own(SimpleLocalProcessSpawner):
    flavour = Unicode("plain", config=True)
    kept = 0

    def note(self, what, **more):
        with open(os.path.join(here, "notes"), "a") as notes:
            notes.write(json.dumps({"what": what, "server": self._log_name, "pending": self.pending, **more}) + "\\n")

    @default("options_form")
    def _form(self):
        return f"<input name='size' data-flavour='{self.flavour}' data-user='{self.user.name}'>"

    def options_from_form(self, form):
        if form.get("size") == ["none"]:
            raise ValueError("choose a size")
        files = {name: [file["body"].decode() for file in files] for name, files in form.items() if name.endswith("_file")}
        return {"size": form["size"][0], **files}

    def options_from_query(self, query):
        return {"asked": {name: values for name, values in query.items()}}

    def load_state(self, state):
        super().load_state(state)
        self.kept = state.get("kept", 0)

    def get_state(self):
        return {**super().get_state(), "kept": self.kept}

    def get_env(self):
        return {**super().get_env(), "SIZE": self.user_options.get("size", ""), "FLAVOUR": self.flavour}

    async def progress(self):
        yield {"progress": 10, "message": "a tenth", "ready": True}
        await self.began.wait()
        yield {"message": "no number", "html_message": "<b>no</b> number"}
        yield {"progress": 70, "message": "nearly"}

    began = asyncio.Event()

    async def start(self):
        request = self.handler and self.handler.request
        self.note("start", args=request and {k: v[0].decode() for k, v in request.arguments.items()}, name=self.name,
                  api_token=bool(self.api_token), client=self.oauth_client_id, url=self.server.base_url)
        refusal = self.user_options.get("refuse")
        if refusal == "http":
            raise web.HTTPError(418, "I am a %s", "teapot")
        if refusal == "policy":
            raise SpawnException("not this image", reason="image", message_html="<i>not</i> this image", status_code=409)
        if refusal == "message":
            error = RuntimeError("internal words")
            error.jupyterhub_message = "words for people"
            error.jupyterhub_html_message = "<b>words</b> for people"
            raise error
        if refusal == "error":
            raise RuntimeError("no GPU is left")
        if refusal == "exit":
            raise SystemExit(3)
        if refusal == "never":
            await asyncio.Event().wait()
        self.kept += 1
        self.began.set()
        return await super().start()

    async def stop(self, now=False):
        self.note("stop", now=now)
        await super().stop(now=now)

    async def rename(self, old, new):
        if new == "forbidden":
            raise web.HTTPError(409, "not that name")
        self.note("rename", old=old, new=new)

    def delete_forever(self):
        self.note("delete_forever")

c.JupyterHub.spawner_class = Own
c.Own.flavour = "sweet"
c.Spawner.pre_spawn_hook = lambda spawner: spawner.note("pre_spawn_hook", ip=spawner.ip)
c.Spawner.post_stop_hook = lambda spawner: spawner.note("post_stop_hook")
"""


def notes(hub) -> list[dict]:
    file = hub.directory / "notes"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def server(client, name: str = "") -> dict:
    user = client.expect(200, "GET", "users/ada?include_stopped_servers").json()
    return user["servers"][name]


def test_a_class_of_the_configuration_lives_as_in_jupyterhub(make_hub):
    hub = make_hub(OWN).start()
    client, admin = hub.client(hub.token_for("ada")), hub.admin()
    client.start_server("ada", size="big")
    started = notes(hub)[-1]
    assert [note["what"] for note in notes(hub)] == ["pre_spawn_hook", "start"]
    assert started["pending"] == "spawn" and started["api_token"] and started["client"] == "jupyterhub-user-ada"
    assert started["url"] == "/user/ada/"
    environ = hub.server_process("ada").environ()
    assert (environ["SIZE"], environ["FLAVOUR"]) == ("big", "sweet")
    assert client.get("user/ada/x").json()["path"] == "/user/ada/x"
    state = server(admin)["state"]
    assert state["kept"] == 1 and state["pid"] == hub.server_process("ada").pid

    process = hub.server_process("ada")
    client.expect(204, "DELETE", "users/ada/server")
    process.wait_ended()
    assert [(note["what"], note["pending"]) for note in notes(hub)[2:]] == [("stop", "stop"), ("post_stop_hook", "stop")]
    assert server(admin)["state"] == {"kept": 1}

    # A new instance gets the state that stayed, and the options of last time.
    client.start_server("ada")
    assert server(admin)["state"]["kept"] == 2
    assert hub.server_process("ada").environ()["SIZE"] == "big"  # an empty body chooses nothing
    admin.expect(204, "DELETE", "users/ada")
    assert [note["what"] for note in notes(hub)[-3:]] == ["stop", "post_stop_hook", "delete_forever"]


def test_progress_comes_from_the_class(make_hub):
    hub = make_hub(OWN + "c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 0}\n").start()
    client = hub.client(hub.token_for("ada"))
    client.expect(202, "POST", "users/ada/server", json={})
    events = list(client.progress("ada"))
    assert events[0] == {"progress": 0, "message": "Server requested"}
    assert events[1:-1] == [
        {"progress": 10, "message": "a tenth"},
        {"message": "no number", "html_message": "<b>no</b> number"},
        {"progress": 70, "message": "nearly"},
    ]
    assert events[-1]["ready"] and events[-1]["progress"] == 100


@pytest.mark.parametrize(("refusal", "status", "message", "told", "html"), [
    ("http", 418, "I am a teapot", "I am a teapot", None),
    ("policy", 409, "not this image", "not this image", "<i>not</i> this image"),
    ("message", 500, "words for people", "words for people", "<b>words</b> for people"),
    ("error", 500, "Internal Server Error", "no GPU is left", None),
])
@pytest.mark.perijove
def test_exceptions_keep_their_meaning(make_hub, refusal, status, message, told, html):
    hub = make_hub(OWN).start()
    client = hub.client(hub.token_for("ada"))
    answer = client.api("POST", "users/ada/server", json={"refuse": refusal})
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    event = list(client.progress("ada"))[-1]
    assert event["failed"] and event["message"] == f"Spawn failed: {told}"
    assert event.get("html_message") == html
    assert client.user()["servers"] == {} and client.user()["pending"] is None
    if refusal == "error":
        hub.logged("RuntimeError: no GPU is left", "jupyterhub_config.py")
    client.start_server("ada", size="big")


@pytest.mark.perijove
def test_a_start_that_never_ends_or_calls_exit_fails_alone(make_hub):
    hub = make_hub(OWN + "c.Spawner.start_timeout = 1\n").start()
    client, other = hub.client(hub.token_for("ada")), hub.client(hub.token_for("bob"))
    other.start_server("bob")
    answer = client.api("POST", "users/ada/server", json={"refuse": "exit"})
    assert answer.status_code == 500, answer.text
    answer = client.api("POST", "users/ada/server", json={"refuse": "never"})
    assert answer.status_code == 500 and "did not start in 1 seconds" in answer.json()["message"], answer.text
    client.start_server("ada", size="big")
    assert other.get("user/bob/x").status_code == 200


def test_forms_queries_and_the_request_reach_the_class(make_hub):
    hub = make_hub(OWN).start()
    person = hub.log_in("ada")
    page = person.get("hub/spawn?next=%2Fhub%2Fhome")
    assert "data-flavour='sweet' data-user='ada'" in page.text
    wrong = person.post("hub/spawn/ada", params={"_xsrf": person.xsrf()}, data={"size": "none"}, allow_redirects=False)
    assert "choose a size" in wrong.text and "data-flavour" in wrong.text
    files = {"notebook": ("x.txt", b"content", "text/plain")}
    sent = person.post(
        "hub/spawn/ada", params={"_xsrf": person.xsrf()}, data={"size": "huge"}, files=files, allow_redirects=False
    )
    assert sent.status_code == 302, sent.text[:2000]
    admin = hub.admin()
    until(lambda: server(admin)["ready"], "the server to be ready")
    assert server(admin)["user_options"] == {"size": "huge", "notebook_file": ["content"]}
    assert notes(hub)[-1]["args"]["size"] == "huge"

    named = person.get("hub/spawn/ada/lab?opt-size=5&opt-size=6", allow_redirects=False)
    assert named.status_code == 302, named.text[:2000]
    until(lambda: server(admin, "lab")["ready"], "the named server to be ready")
    assert server(admin, "lab")["user_options"] == {"asked": {"size": ["5", "6"]}}
    assert notes(hub)[-1]["name"] == "lab" and notes(hub)[-1]["client"] == "jupyterhub-user-ada-lab"


def test_a_rename_may_be_refused_and_deletion_is_told(make_hub):
    hub = make_hub(OWN).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada", "lab")
    client.stop_server("ada", "lab")
    until(lambda: server(client, "lab")["stopped"], "the server to be stopped")
    refused = client.api("PATCH", "users/ada/servers/lab", json={"name": "forbidden"})
    assert refused.status_code == 409, refused.text
    client.expect(200, "PATCH", "users/ada/servers/lab", json={"name": "desk"})
    renamed = notes(hub)[-1]
    assert (renamed["what"], renamed["old"], renamed["new"]) == ("rename", "lab", "desk")
    client.expect(204, "DELETE", "users/ada/servers/desk", json={"remove": True})
    assert notes(hub)[-1]["what"] == "delete_forever" and notes(hub)[-1]["server"] == "ada:desk"


@pytest.mark.perijove
def test_servers_of_the_class_survive_a_killed_hub(make_hub):
    """What they print goes to a file, and the next hub's instance gets the state."""
    hub = make_hub(OWN + "c.Spawner.poll_interval = 1\n", piped=True).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    process = hub.server_process("ada")
    assert "python-spawners.log" in str(Path(f"/proc/{process.pid}/fd/1").readlink())
    hub.kill()
    hub.start()
    assert server(hub.admin())["state"]["kept"] == 1
    assert client.get("user/ada/x").status_code == 200
    process.kill()
    until(lambda: client.user()["servers"] == {}, "the end of the server to be noticed")
    assert notes(hub)[-1]["what"] == "post_stop_hook"
    client.start_server("ada")
    assert server(hub.admin())["state"]["kept"] == 2


def workers(hub) -> list[Process]:
    """The Python processes of the hub."""
    return children_of(hub.process.pid)


@pytest.mark.perijove
def test_a_worker_that_dies_takes_nobodys_server_along(make_hub):
    hub = make_hub(
        OWN + "c.Spawner.poll_interval = 1\nc.Spawner.start_timeout = 60\n", env={"PERIJOVE_SPAWNER_WORKERS": "1"}
    ).start()
    client, other = hub.client(hub.token_for("ada")), hub.client(hub.token_for("bob"))
    client.start_server("ada")
    process = hub.server_process("ada")
    for worker in workers(hub):
        worker.kill()
    # Polls are asked again of the next worker, whose instance gets the state.
    other.start_server("bob")
    assert client.get("user/ada/x").status_code == 200
    assert hub.server_process("ada") == process
    client.expect(204, "DELETE", "users/ada/server")
    process.wait_ended()


BLOCKING = OWN + """
import time

class Blocking(Own):
    def start(self):
        while self.user.name == "ada" and not os.path.exists(os.path.join(here, "go on")):
            time.sleep(0.05)
        return super().start()

c.JupyterHub.spawner_class = Blocking
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
"""


@pytest.mark.perijove
def test_code_that_blocks_holds_up_its_own_worker_only(make_hub):
    hub = make_hub(BLOCKING).start()
    client = hub.client(hub.token_for("ada"))
    client.expect(202, "POST", "users/ada/server", json={})
    hub.logged("does not answer, since code of a plug-in blocks it", "in start\n    time.sleep(0.05)")
    assert client.user()["pending"] == "spawn"
    # Of so many users some are another worker's.
    others = [hub.client(hub.token_for(f"user-{number}")) for number in range(8)]
    for number, other in enumerate(others):
        assert other.api("POST", f"users/user-{number}/server", json={}).status_code == 202
    until(lambda: any(other.user()["pending"] is None for other in others), "a server of the other worker")
    (hub.directory / "go on").touch()
    until(lambda: client.user()["servers"][""]["ready"], "the blocked start to go on")
    until(lambda: all(other.user()["pending"] is None for other in others), "all to be ready")
    assert all(other.user()["servers"][""]["ready"] for other in others)


RESUMING = OWN + """
class Resuming(Own):
    will_resume = True

    def load_state(self, state):
        super().load_state(state)
        self.former = state.get("token", "")

    def get_state(self):
        return {**super().get_state(), "token": getattr(self, "former", "")}

    async def start(self):
        self.former = self.api_token = self.former or self.api_token
        return await super().start()

c.JupyterHub.spawner_class = Resuming
"""


def test_a_resumed_server_keeps_its_token(make_hub):
    hub = make_hub(RESUMING).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    token = hub.server_process("ada").environ()["JUPYTERHUB_API_TOKEN"]
    client.expect(204, "DELETE", "users/ada/server")
    assert hub.client(token).user()["name"] == "ada"
    client.start_server("ada")
    assert hub.server_process("ada").environ()["JUPYTERHUB_API_TOKEN"] == token
    assert hub.client(token).user()["name"] == "ada"


def double(name: str) -> str:
    """One of the spawners that JupyterHub is tested with."""
    homes = 'c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(here, "homes", "{username}")\n'
    return DUMMY_LOGIN + ADMIN_SERVICE + homes + f'c.JupyterHub.spawner_class = "jupyterhub.tests.mocking.{name}"\n'


def test_the_mock_spawner_of_jupyterhub(make_hub):
    hub = make_hub(double("MockSpawner")).start()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    assert client.get("user/ada/env").json()["JUPYTERHUB_USER"] == "ada"
    arguments = client.get("user/ada/args").json()
    assert isinstance(arguments, list)
    client.expect(204, "DELETE", "users/ada/server")


def test_the_slow_spawner_of_jupyterhub(make_hub):
    hub = make_hub(
        double("SlowSpawner")
        + "c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 0, 'slow_stop_timeout': 0}\n"
        "from jupyterhub.tests.mocking import SlowSpawner\nSlowSpawner.delay = 1\n"
    ).start()
    client = hub.client(hub.token_for("ada"))
    client.expect(202, "POST", "users/ada/server")
    assert client.user()["pending"] == "spawn" and client.user()["servers"][""]["pending"] == "spawn"
    client.expect(202, "POST", "users/ada/server")
    events = list(client.progress("ada"))
    assert events[:-1] == [
        {"progress": 0, "message": "Server requested"}, {"progress": 50, "message": "Spawning server..."},
    ]
    assert events[-1]["ready"]
    client.expect(202, "DELETE", "users/ada/server")
    assert client.user()["pending"] == "stop"
    client.expect(202, "DELETE", "users/ada/server")
    until(lambda: client.user()["pending"] is None, "the stop to have ended")
    client.expect(204, "DELETE", "users/ada/server")


@pytest.mark.parametrize(("name", "status"), [("BadSpawner", 500), ("SlowBadSpawner", 500), ("CustomBadSpawner", 418), ("NeverSpawner", 500)])
def test_spawners_that_fail(make_hub, name, status):
    hub = make_hub(double(name)).start()
    client = hub.client(hub.token_for("ada"))
    answer = client.api("POST", "users/ada/server")
    assert answer.status_code == status, answer.text
    event = list(client.progress("ada"))[-1]
    assert event["failed"]
    if name == "SlowBadSpawner":
        assert event["message"] == "Spawn failed: I don't work!"
    assert client.user()["servers"] == {}


def test_the_form_spawner_of_jupyterhub(make_hub):
    hub = make_hub(double("FormSpawner")).start()
    person = hub.log_in("ada")
    assert 'name="energy"' in person.get("hub/spawn").text
    form = {"bounds": ["-1", "1"], "energy": "511keV"}
    sent = person.post("hub/spawn/ada", params={"_xsrf": person.xsrf()}, data=form, allow_redirects=False)
    assert sent.status_code == 302, sent.text[:2000]
    admin = hub.admin()
    until(lambda: server(admin)["ready"], "the server to be ready")
    assert server(admin)["user_options"] == {"energy": "511keV", "bounds": [-1, 1], "notspecified": 5}
    assert hub.server_process("ada").environ()["ENERGY"] == "511keV"


@pytest.mark.perijove
def test_python_can_be_chosen_and_the_log_says_why(make_hub):
    hub = make_hub(BASIS, env={"PERIJOVE_FORCE_PYTHON": "spawner"}).start()
    assert "Using Spawner: jupyterhub.spawner.SimpleLocalProcessSpawner (Python: PERIJOVE_FORCE_PYTHON says so)" in hub.log()
    client = hub.client(hub.token_for("ada"))
    client.start_server("ada")
    assert client.get("user/ada/x").status_code == 200


@pytest.mark.perijove
def test_the_memory_of_workers_is_in_the_metrics(make_hub):
    hub = make_hub(BASIS, env={"PERIJOVE_FORCE_PYTHON": "spawner"}).start()
    hub.client(hub.token_for("ada")).start_server("ada")
    found = re.findall(r'^perijove_worker_resident_memory_bytes{pid="(\d+)"} (\S+)$', hub.admin().get("hub/metrics").text, re.M)
    assert found and all(float(size) > 10e6 and Process.of(int(pid)).parent() == hub.process.pid for pid, size in found)
    native = make_hub(BASIS).start()
    # The one that ran the configuration ends once that is read.
    until(lambda: "perijove_worker" not in native.admin().get("hub/metrics").text, "the last worker to end")


@pytest.mark.perijove
def test_a_native_class_that_the_configuration_changes_is_run_by_python(make_hub):
    hub = make_hub(
        BASIS + "from jupyterhub.spawner import Spawner\nown = Spawner.get_env\n"
        "def get_env(self):\n    return {**own(self), 'CHANGED': self.user.name}\n"
        "Spawner.get_env = get_env\n"
    ).start()
    assert "(Python: the configuration changes jupyterhub.spawner.Spawner itself)" in hub.log()
    hub.client(hub.token_for("ada")).start_server("ada")
    assert hub.server_process("ada").environ()["CHANGED"] == "ada"


@pytest.mark.perijove
@pytest.mark.parametrize(("kwargs", "by_python"), [({"start_new_session": False}, True), ({"umask": 0o027}, False)])
def test_arguments_of_popen_that_have_no_meaning_here_are_for_python(make_hub, kwargs, by_python):
    hub = make_hub(BASIS + f"c.LocalProcessSpawner.popen_kwargs = {kwargs}\n").start()
    assert ("popen_kwargs is not native)" in hub.log()) == by_python
    hub.client(hub.token_for("ada")).start_server("ada")
    process = hub.server_process("ada")
    assert (os.getsid(process.pid) == process.pid) != by_python


@pytest.mark.perijove
def test_a_class_that_is_not_there_ends_the_hub_with_its_name(make_hub):
    hub = make_hub(BASIS + 'c.JupyterHub.spawner_class = "nothing.Here"\n').launch()
    assert hub.process.wait(60) == 1
    assert "c.JupyterHub.spawner_class" in hub.log() and "No module named 'nothing'" in hub.log()
